"""The ledger's own usage events in a file, which a followed run reads beside its input."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from streams.enforcement.ledger.own_events import MOST, Told

_TAIL_BYTES = 64 * 1024


class OwnFile:
    """A file of JSON lines that events are appended to, each once: what a crash left unsent in the ledger's eyes alone
    is not written again. For one process at a time. Calls raise OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("a+b") as file:
            tail, begins = _tail(file)
            whole = tail.rfind(b"\n") + 1
            file.truncate(begins + whole)  # half a line was acted upon by nobody
        self._last = {_id(line) for line in tail[:whole].splitlines()}

    def append(self, events: Sequence[Told]) -> None:
        """Write events so that they last; those of the last call, and of the process before, only once."""
        new = b"".join(line + b"\n" for event_id, _, line in events if event_id not in self._last)
        if new:
            with self._path.open("ab") as file:
                self._write(file, new)
        self._last = {event_id for event_id, *_ in events}

    def _write(self, file: BinaryIO, new: bytes) -> None:
        before = file.tell()
        try:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.truncate(self._path, before)  # no half line may stay
            raise


def _tail(file: BinaryIO) -> tuple[bytes, int]:
    """The end of a file, with a turn's lines at least where it has them, and where that begins."""
    size, taken = file.seek(0, os.SEEK_END), _TAIL_BYTES
    while True:
        begins = max(size - taken, 0)
        file.seek(begins)
        tail = file.read()
        if begins == 0 or tail.count(b"\n") > MOST + 1:
            return tail, begins
        taken *= 2


def _id(line: bytes) -> str | None:
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError):  # the first of the tail may be half a line
        return None
