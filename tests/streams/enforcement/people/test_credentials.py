"""People's key pairs and their files."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.enforcement.people.credentials import new_credential, read_credential
from streams.enforcement.people.private_file import PrivateFileRefused


def _secret(path: Path) -> str:
    return str(json.loads(path.read_text())["private_key"])


def test_a_saved_credential_signs_the_same(tmp_path: Path) -> None:
    """It comes back from its file whole, and its public half verifies what it signs."""
    made = new_credential("ada")
    made.save(tmp_path / "ada.json")
    again = read_credential(tmp_path / "ada.json")
    assert (again.name, again.public) == ("ada", made.public)
    Ed25519PublicKey.from_public_bytes(made.public).verify(again.sign(b"x"), b"x")


def test_only_its_owner_may_read_the_file_whatever_the_umask(tmp_path: Path) -> None:
    """Mode 0600, also under a umask that would allow all or forbid more."""
    for umask in (0o000, 0o777):
        before = os.umask(umask)
        try:
            new_credential("ada").save(tmp_path / f"{umask}.json")
        finally:
            os.umask(before)
        assert (tmp_path / f"{umask}.json").stat().st_mode & 0o777 == 0o600


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    """What is there stays, be it another key or a link to elsewhere."""
    path = tmp_path / "ada.json"
    new_credential("ada").save(path)
    before = path.read_bytes()
    (tmp_path / "link.json").symlink_to(tmp_path / "elsewhere")
    for taken in (path, tmp_path / "link.json"):
        with pytest.raises(PrivateFileRefused, match="is there already"):
            new_credential("eve").save(taken)
    assert path.read_bytes() == before
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o666, 0o777])
def test_a_file_that_others_may_touch_is_not_read(tmp_path: Path, mode: int) -> None:
    """Its mode, and what to do, are told; its secret is not."""
    path = tmp_path / "ada.json"
    new_credential("ada").save(path)
    path.chmod(mode)
    with pytest.raises(PrivateFileRefused) as refused:
        read_credential(path)
    assert f"{mode:04o}" in str(refused.value)
    assert "chmod 600" in str(refused.value)
    assert _secret(path) not in str(refused.value)


def test_a_credential_never_shows_its_private_half(tmp_path: Path) -> None:
    """Nothing that could be printed or logged holds it."""
    made = new_credential("ada")
    made.save(tmp_path / "ada.json")
    raw = base64.b64decode(_secret(tmp_path / "ada.json"))
    shown = f"{made!r} {made} {made.__dict__} {made.public_text}"
    assert _secret(tmp_path / "ada.json") not in shown
    assert raw.hex() not in shown
    assert repr(raw) not in shown


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    """Two keys that do not belong together, another's name without a key, junk, and what is no file."""
    path = tmp_path / "ada.json"
    new_credential("ada").save(path)
    told = json.loads(path.read_text())
    damaged: list[object] = [{**told, "public_key": new_credential("eve").public_text}, {**told, "private_key": "AAAA"},
                    {**told, "name": "a b"}, {**told, "private_key": None}, [], {}, "x" * 70_000]  # fmt: skip
    for changed in damaged:
        path.write_text(json.dumps(changed))
        with pytest.raises(PrivateFileRefused, match=r"ada\.json: ") as refused:
            read_credential(path)
        assert told["private_key"] not in str(refused.value)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "none"):
        with pytest.raises(PrivateFileRefused):
            read_credential(path)


@pytest.mark.parametrize("name", ["", "policy", "Policy", "a b", "-a", "a\n", "é", "a" * 65, "a/b", "[bold]"])
def test_nobody_has_a_name_that_could_be_mistaken(name: str) -> None:
    """Names are short and plain, and `policy` is what the audit calls nobody."""
    with pytest.raises(ValueError, match="is no person's name"):
        new_credential(name)
