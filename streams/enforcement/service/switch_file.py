"""The switch outside the ledger: a small YAML file that is read each second; what is not surely on is off."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from streams.enforcement.guards.switch import read_switch, switch_problems
from streams.enforcement.policy.standing import Switch
from streams.located import Document, PackRefused

EVERY_S = 1.0
_MOST_BYTES = 64 * 1024


class SwitchRefused(Exception):
    """A switch file that says nothing that can be followed: file, line and reason."""


def read_switch_file(path: Path) -> Mapping[str, Any]:
    """What a switch file says. Raises SwitchRefused."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise SwitchRefused(f"{path}: cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
        raise SwitchRefused(f"{path}: is no file of at most {_MOST_BYTES // 1024} KiB")
    try:
        document = Document(path, str(path))
    except PackRefused as refused:
        raise SwitchRefused(str(refused)) from None
    problems = list(switch_problems(document.value))
    if problems:
        raise SwitchRefused("\n\n".join(str(document.flaw(one, one.path, "")) for one in problems))
    found: Mapping[str, Any] = document.value
    return found


class SwitchFile:
    """The file as it was last read. told: hears, once for each change, what is wrong with it; None: all is well.

    dry: off, whatever the file says.
    """

    def __init__(self, path: Path, clock_ms: Callable[[], int], told: Callable[[str | None], None],
                 dry: bool = False) -> None:  # fmt: skip
        self._path, self._clock_ms, self._told, self._dry = path, clock_ms, told, dry
        self._read: tuple[Mapping[str, Any] | None, int] = (None, 0)
        self._wrong: str | None = None
        self._first = True

    def read(self) -> None:
        """Read it now."""
        read_ms = self._clock_ms()
        try:
            content, wrong = read_switch_file(self._path), None
        except SwitchRefused as refused:
            content, wrong = None, str(refused)
        self._read = content, read_ms
        if self._first or wrong != self._wrong:
            self._told(wrong)
        self._first, self._wrong = False, wrong

    def now(self, now_ms: int) -> Switch:
        """The switch at a time, ms; unknown where it has not been read for a minute."""
        content, read_ms = self._read
        found = read_switch(content, read_ms, now_ms)
        return replace(found, on=False) if self._dry else found

    def watch(self, stop: threading.Event) -> None:
        """Read it each second until stopped."""
        while not stop.wait(EVERY_S):
            self.read()
