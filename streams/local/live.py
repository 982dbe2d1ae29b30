"""Chunks from input that grows while it is read: a followed file, or standard input."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from streams.codec import Decoded
from streams.local.blocks import BLOCK_BYTES, Unreadable
from streams.local.lane import Lane, numbered
from streams.runner import Chunk, Position

PATIENCE_S = 1.0
"""Silence after which nobody waits any longer for the records that would follow."""

_PAUSE_S = 0.2


class Tap(Protocol):
    """Bytes as they come."""

    name: str
    at: int

    def read(self, size: int, wait_s: float) -> bytes | None:
        """What has come, waiting a little for it; empty where nothing has, None where nothing ever will."""

    def skip_to(self, at: int) -> None:
        """Go on at a place."""


class StdinTap:
    """Standard input. It cannot go back: nothing resumes."""

    def __init__(self, descriptor: int = 0) -> None:
        self.name, self.at, self._descriptor = "standard input", 0, descriptor

    def read(self, size: int, wait_s: float) -> bytes | None:
        parts: list[bytes] = []
        got = 0
        while got < size and select.select([self._descriptor], [], [], wait_s if not got else 0)[0]:
            part = os.read(self._descriptor, min(size - got, 1 << 20))
            if not part:
                return b"".join(parts) or None
            parts.append(part)
            got += len(part)
        self.at += got
        return b"".join(parts)

    def skip_to(self, at: int) -> None:
        del at


class FileTap:
    """A plain file that others append to."""

    def __init__(self, path: Path, pause: Callable[[float], None]) -> None:
        self.name, self.at, self._path, self._pause = str(path), 0, path, pause
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise Unreadable(f"{path}: cannot be read: {error.strerror}.") from None
        magic = self._file.read(4)
        if magic[:2] == b"\x1f\x8b" or magic == b"\x28\xb5\x2f\xfd":
            raise Unreadable(f"{path}: a compressed file does not grow line by line. Leave out --follow.")
        self._file.seek(0)
        self._identity = os.fstat(self._file.fileno()).st_ino

    def read(self, size: int, wait_s: float) -> bytes | None:
        got = self._file.read(size)
        if not got:
            self._check()
            self._pause(min(wait_s, _PAUSE_S))
        self.at += len(got)
        return got

    def _check(self) -> None:
        """A file that shrank or was replaced has lost what we had not read. Raises Unreadable."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            raise Unreadable(f"{self.name}: it was removed or renamed. Run again on the new file.") from None
        if now.st_ino != self._identity or now.st_size < self.at:
            raise Unreadable(f"{self.name}: it was cut or replaced. Run again on the new file, in a new --data-dir.")

    def skip_to(self, at: int) -> None:
        self._file.seek(at)
        self.at = at


class Journal:
    """Places in a followed file where nobody waited for the next records, so that a second run stamps alike."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text() if path.exists() else ""
        self._torn = bool(text) and not text.endswith("\n")  # by a crash: nobody acted upon that line
        entries = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        self.places = {entry["gave_up_at"]: entry["now"] for entry in entries}

    def add(self, place: int, now: int) -> None:
        """Note a place (bytes) and the time then (ms), so that it lasts."""
        self.places[place] = now
        with self._path.open("a") as file:
            file.write("\n" * self._torn + json.dumps({"gave_up_at": place, "now": now}) + "\n")
            self._torn = False
            file.flush()
            os.fsync(file.fileno())

    def next_after(self, at: int) -> int | None:
        """The first place past `at`."""
        return min((place for place in self.places if place > at), default=None)


class LiveSource:
    """One growing input.

    clock: seconds, for patience; wall: ms since 1970. Where nobody waits for the records that would follow, a wrong
    time could become the stamp: no stamp is then later than the wall clock, which is noted in the journal.
    """

    finite = False

    def __init__(self, tap: Tap, decode: Callable[[bytes], Decoded], clock: Callable[[], float],
                 journal: Journal | None, position: Position | None, next_offset: int,
                 wall: Callable[[], int]) -> None:  # fmt: skip
        place = (position or {}).get("lanes", [{}])[0]
        self._tap, self._decode, self._clock, self._journal, self._wall = tap, decode, clock, journal, wall
        self._lane = Lane(tap.name, decode, place)
        self._taken = int(place.get("at", 0))
        tap.skip_to(self._taken)
        self._rest = b""
        self._heard, self._ended, self._offset = clock(), False, next_offset

    def poll(self) -> Chunk | None:
        if self._ended:
            return None
        self._read()
        return self._chunk(self._lane.records)

    def _read(self) -> None:
        bound = self._journal.next_after(self._taken) if self._journal else None
        size = BLOCK_BYTES if bound is None else min(BLOCK_BYTES, max(bound - self._taken - len(self._rest), 0))
        got = self._tap.read(size, PATIENCE_S) if size else b""
        if got is None:
            return self._end()
        self._rest += got
        if got:
            self._heard = self._clock()
        cut = self._rest.rfind(b"\n") + 1
        if cut:
            self._lane.take(self._rest[:cut], self._taken)
            self._rest, self._taken = self._rest[cut:], self._taken + cut
        if bound is not None and self._journal is not None and self._taken == bound:
            self._lane.end(self._journal.places[bound])
        elif bound is None:
            self._lose_patience()
        return None

    def _lose_patience(self) -> None:
        if self._lane.waiting and self._clock() - self._heard >= PATIENCE_S:
            now = self._wall()
            if self._journal is not None:
                self._journal.add(self._taken, now)
            self._lane.end(now)

    def _end(self) -> None:
        if self._rest:
            self._lane.take(self._rest, self._taken)
            self._taken, self._rest = self._taken + len(self._rest), b""
        self._lane.end(self._wall())
        self._ended = True

    def _chunk(self, before: int) -> Chunk:
        events = numbered(self._lane.pop(), self._decode, self._offset)
        self._offset += events.height
        dead = [one for _, one in self._lane.buried()]
        records = self._lane.records - before
        return Chunk(events, dead, records, self._lane.unknown_keys(), self._tap.at, None, self._lane.skipped())

    def position(self) -> Position:
        return {"lanes": [self._lane.place()]}
