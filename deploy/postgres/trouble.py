"""What can go wrong, told to the person."""

from __future__ import annotations

import sys
from pathlib import Path


class Trouble(Exception):
    """Something a person can put right; the message says what, where and how."""


class NotToBeHad(Trouble):
    """There is no PostgreSQL on this machine, and none can be fetched: callers skip what needs it."""


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; empty where there is none."""
    last = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "\n".join(f"    {line}" for line in last)


def say(text: str) -> None:
    """Tell the person, on standard error."""
    sys.stderr.write(f"postgres: {text}\n")
