"""The switch's file: what is not surely on is off."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from bridges import until

from streams.enforcement.policy.standing import Switch
from streams.enforcement.service.switch_file import SwitchFile

OFF = Switch(on=False, known=False)


def read(path: Path, text: str | None, told: list[str | None]) -> Switch:
    if text is not None:
        path.write_text(text)
    file = SwitchFile(path, lambda: 1_000, told.append)
    file.read()
    return file.now(1_000)


def test_it_says_on(tmp_path: Path) -> None:
    """A sound file is followed, its scopes too, and says so once."""
    told: list[str | None] = []
    found = read(tmp_path / "s.yaml", "enforcement: on\noff: [rung:suspend]\nwhy: a test\n", told)
    assert found == Switch(on=True, known=True, off=frozenset({"rung:suspend"}))
    assert told == [None]


@pytest.mark.parametrize(("text", "said"), [
    (None, "cannot be read"), ("", "mapping"), ("enforcement: perhaps\n", "s.yaml:1"),
    ("enforcement: [on\n", "s.yaml:"),
    ("enforcement: on\noff: [rung:suspnd]\n", "s.yaml:2"), ("enforcement: on\nenforcement: off\n", "twice"),
    ("enforcement: on\n#" + "x" * 70_000, "64 KiB"), ("true", "mapping"),
])  # fmt: skip
def test_what_is_wrong_is_off(tmp_path: Path, text: str | None, said: str) -> None:
    """An absent, corrupt or misspelt file is off, and file, line and reason are told."""
    told: list[str | None] = []
    assert read(tmp_path / "s.yaml", text, told) == OFF
    assert said in str(told[0])


def test_no_file_is_waited_for(tmp_path: Path) -> None:
    """A pipe, a folder and a file that may not be read are off at once."""
    told: list[str | None] = []
    os.mkfifo(tmp_path / "pipe")
    assert read(tmp_path / "pipe", None, told) == OFF
    assert read(tmp_path, None, told) == OFF


def test_an_old_reading_is_off(tmp_path: Path) -> None:
    """What was read more than a minute ago, or in the future, is not known any more."""
    path = tmp_path / "s.yaml"
    path.write_text("enforcement: on\n")
    file = SwitchFile(path, lambda: 100_000, lambda _: None)
    file.read()
    assert file.now(160_000).on
    assert file.now(160_001) == OFF
    assert file.now(30_000) == OFF


def test_it_is_read_again_and_again(tmp_path: Path) -> None:
    """A watched file's change is seen within seconds, and what is wrong is told once for each change."""
    path, told, stop = tmp_path / "s.yaml", list[str | None](), threading.Event()
    path.write_text("enforcement: off\n")
    file = SwitchFile(path, lambda: 1_000, told.append)
    file.read()
    watching = threading.Thread(target=file.watch, args=(stop,))
    watching.start()
    try:
        path.write_text("enforcement: on\n")
        until(lambda: file.now(1_000).on, "the switch on")
        path.unlink()
        until(lambda: not file.now(1_000).known, "the switch unknown")
        until(lambda: len(told) == 2, "a word about it")
    finally:
        stop.set()
        watching.join()
    assert [one is None for one in told] == [True, False]
