"""What can go wrong, told to the person."""

from __future__ import annotations

import sys
from pathlib import Path


class Trouble(Exception):
    """Something a person can put right; the message says what, where and how."""

    code = 1


class NotToBeHad(Trouble):
    """What a broker needs is missing on this machine; callers that can do without one go on (exit code 69)."""

    code = 69


def tail(*logs: Path, lines: int = 15) -> str:
    """The last lines of the logs that exist, indented, less the stack traces."""
    whole = [log.read_text(errors="replace").splitlines() for log in logs if log.exists()]
    last = [line for log in whole for line in [line for line in log if not line.startswith("\tat ")][-lines:]]
    return "\n".join(f"    {line}" for line in last)


def say(text: str) -> None:
    """Tell the person, on standard error."""
    sys.stderr.write(f"kafka: {text}\n")
