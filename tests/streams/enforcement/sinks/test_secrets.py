"""Secrets: where they come from, and that they never show."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
from contracts.sink_parts import webhook_secret

from streams.enforcement.sinks.secrets import (
    Secret,
    SecretRefused,
    from_environment,
    from_file,
    redacted,
    webhook_key,
)

CANARY = "CANARY-0123456789"


def kept(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_shows_itself_only_when_asked() -> None:
    """No way of printing, formatting, pickling or dumping a secret shows it."""
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{[secret]}"):
        assert CANARY not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert not hasattr(secret, "__dict__")


def test_equal_by_its_text() -> None:
    """Two secrets of one text are one; another is another."""
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


def test_from_a_file_of_ours(tmp_path: Path) -> None:
    """A file that only we can read gives its line, without the end."""
    assert from_file(kept(tmp_path, f"{CANARY}\n".encode())).reveal() == CANARY
    assert from_file(kept(tmp_path, CANARY.encode(), 0o400)).reveal() == CANARY


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o602, 0o601])
def test_others_must_not_reach_it(tmp_path: Path, mode: int) -> None:
    """A file that others may read, write or run is refused, with what to do, and its content is not told."""
    with pytest.raises(SecretRefused, match=rf"mode {mode:04o}\); chmod 600 it") as raised:
        from_file(kept(tmp_path, CANARY.encode(), mode))
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"a\nb", b"a\0b", b"x" * 9_000])
def test_what_is_no_secret(tmp_path: Path, content: bytes) -> None:
    """An empty, binary, long or many-lined file is refused by name."""
    with pytest.raises(SecretRefused, match="secret"):
        from_file(kept(tmp_path, content))


def test_what_is_no_file(tmp_path: Path) -> None:
    """A missing file, a folder and a pipe are refused, and none blocks."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe"):
        with pytest.raises(SecretRefused, match=str(path)):
            from_file(path)


def test_from_the_environment() -> None:
    """A variable gives its value; a missing or empty one is named."""
    assert from_environment("KEY", {"KEY": CANARY}).reveal() == CANARY
    for environment in ({}, {"KEY": ""}):
        with pytest.raises(SecretRefused, match="KEY"):
            from_environment("KEY", environment)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_c2hvcnQ=", CANARY, "whsec_" + "A" * 1_000, "whsec_%%%%",
                                  webhook_secret().reveal().removeprefix("whsec_")])  # fmt: skip
def test_weak_webhook_secrets(text: str) -> None:
    """A webhook's secret that is not whsec_ and 24 to 64 bytes is refused, and not shown."""
    with pytest.raises(SecretRefused) as raised:
        webhook_key(Secret(text))
    assert CANARY not in str(raised.value)
    assert len(webhook_key(webhook_secret())) == 32


def test_redaction() -> None:
    """A secret is taken out of a text as it is and as base64, and everything else stays."""
    encoded = "Q0FOQVJZLTAxMjM0NTY3ODk"
    assert redacted(f"a {CANARY} b {encoded}= c", [Secret(CANARY)]) == "a [secret] b [secret]= c"
    assert redacted("a", [Secret("")]) == "a"
