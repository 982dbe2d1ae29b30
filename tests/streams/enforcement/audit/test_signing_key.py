"""The key that signs checkpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.enforcement.audit.signing import (
    KeyRefused,
    as_text,
    key_id,
    new_signing_key,
    read_public_keys,
    read_signing_key,
)
from streams.enforcement.people.private_file import PrivateFileRefused


def test_a_saved_key_signs_the_same(tmp_path: Path) -> None:
    """It comes back from its file, which only its owner may read."""
    key = new_signing_key()
    key.save(tmp_path / "key")
    again = read_signing_key(tmp_path / "key")
    assert (again.id, again.sign(b"x")) == (key.id, key.sign(b"x"))
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_key_never_shows_its_private_half(tmp_path: Path) -> None:
    """Neither its repr nor a refusal of its file holds a part of the secret."""
    key = new_signing_key()
    key.save(tmp_path / "key")
    secret = json.loads((tmp_path / "key").read_text())["private_key"]
    (tmp_path / "key").write_text(json.dumps({"key_id": "0" * 16, "private_key": secret}))
    with pytest.raises(KeyRefused) as refused:
        read_signing_key(tmp_path / "key")
    assert secret not in str(refused.value) + repr(key)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(PrivateFileRefused) as seen:
        read_signing_key(tmp_path / "key")
    assert secret not in str(seen.value)


@pytest.mark.parametrize("secret", [None, 5, "", "AAAA", "not base64", "é"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, secret: object) -> None:
    """A damaged file is named."""
    new_signing_key().save(tmp_path / "key")
    (tmp_path / "key").write_text(json.dumps({"key_id": "x", "private_key": secret}))
    with pytest.raises(KeyRefused, match="holds no key"):
        read_signing_key(tmp_path / "key")


def test_public_keys_are_read_by_id(tmp_path: Path) -> None:
    """A list of them, old and new, is what verifying takes."""
    keys = [new_signing_key().public for _ in range(2)]
    (tmp_path / "keys").write_text(json.dumps([as_text(one) for one in keys]))
    assert {name: as_text(one) for name, one in read_public_keys(tmp_path / "keys").items()} == {
        key_id(one): as_text(one) for one in keys
    }


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'["AAAA"]', b'["\xff"]', b"[" * 100_000])
def test_what_is_no_list_of_keys_is_refused(tmp_path: Path, content: bytes) -> None:
    """It says what the file should hold."""
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(KeyRefused, match="is no JSON list of Ed25519 public keys"):
        read_public_keys(tmp_path / "keys")
    with pytest.raises(KeyRefused, match="cannot be read"):
        read_public_keys(tmp_path / "none")
