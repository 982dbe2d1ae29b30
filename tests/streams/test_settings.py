"""The hash key comes from the environment or from a file, never from both, and what is wrong is told in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import Outcome, tipstaff
from pydantic import ValidationError

from streams.settings import Settings

LINE = '127.0.0.1 - - [02/Mar/2026:09:00:00 +0000] "POST /v1/chat HTTP/1.1" 200 5 "-" "curl/8.5.0"'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the settings name; nothing is in it yet, nor in the environment."""
    path = tmp_path / "hash-key"
    monkeypatch.delenv("TIPSTAFF_HASH_KEY", raising=False)
    monkeypatch.setenv("TIPSTAFF_HASH_KEY_FILE", str(path))
    return path


def told(folder: Path) -> Outcome:
    """What a command makes of the settings."""
    log = folder / "access.log"
    log.write_text(LINE + "\n")
    return tipstaff("formats", "try", "access-log", log)


@pytest.mark.parametrize("written", ["a key of my own", "a key of my own\n", "a key of my own\r\n"])
def test_the_key_in_the_file_is_the_one_in_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """It is the same key either way, without the end of its line: hashes of both join."""
    file.write_bytes(written.encode())
    assert Settings().hash_key == "a key of my own"
    hashed = told(file.parent).out
    monkeypatch.delenv("TIPSTAFF_HASH_KEY_FILE")
    without = told(file.parent).out
    monkeypatch.setenv("TIPSTAFF_HASH_KEY", "a key of my own")
    assert told(file.parent).out == hashed != without


def test_both_are_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they are the same, or the one of the environment is what it would be without."""
    file.write_text("tipstaff")
    monkeypatch.setenv("TIPSTAFF_HASH_KEY", "tipstaff")
    found = told(file.parent)
    assert (found.code, found.err) == (1, "tipstaff: give TIPSTAFF_HASH_KEY or TIPSTAFF_HASH_KEY_FILE, not both\n")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"one\ntwo\n", b"k" * 65, b"a\x00b"], ids=["empty", "a line's end", "two", "long", "null"]
)
def test_a_file_without_a_key_is_refused(file: Path, content: bytes) -> None:
    """The file is named and what it must hold; what it holds is not."""
    file.write_bytes(content)
    found = told(file.parent)
    assert (found.code, found.err) == (
        1,
        f"tipstaff: TIPSTAFF_HASH_KEY_FILE: {file}: must hold one line of 1 to 64 characters\n",
    )


def test_a_file_that_cannot_be_read_is_refused(file: Path) -> None:
    """One that is not there, a folder, and one that is no text: each says so."""
    assert told(file.parent).err == f"tipstaff: TIPSTAFF_HASH_KEY_FILE: {file}: cannot be read: {os.strerror(2)}\n"
    file.mkdir()
    assert told(file.parent).err == f"tipstaff: TIPSTAFF_HASH_KEY_FILE: {file}: cannot be read: {os.strerror(21)}\n"
    file.rmdir()
    file.write_bytes(b"secret\xff")
    assert told(file.parent).err == f"tipstaff: TIPSTAFF_HASH_KEY_FILE: {file}: is not UTF-8\n"


def test_a_refusal_never_holds_the_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the command's words nor in the library's, whichever key it is."""
    file.write_text("half a key\nand the other half\n")
    assert "half" not in told(file.parent).err
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "half" not in str(refused.value)
    monkeypatch.setenv("TIPSTAFF_HASH_KEY", "half a key")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "half" not in str(refused.value)


def test_an_empty_name_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where compose or a unit hands on what is not set, the environment's key counts."""
    monkeypatch.setenv("TIPSTAFF_HASH_KEY_FILE", "")
    monkeypatch.setenv("TIPSTAFF_HASH_KEY", "mine")
    assert Settings().hash_key == "mine"


def test_a_look_at_stored_events_tells_it_too(file: Path) -> None:
    """`tipstaff pack check` reads events, and so the key, by another way than most commands."""
    log = file.parent / "events.ndjson"
    log.write_text("")
    found = tipstaff("pack", "check", log)
    assert (found.code, f"TIPSTAFF_HASH_KEY_FILE: {file}: cannot be read" in found.err) == (1, True)
