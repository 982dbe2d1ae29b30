"""A live input, and beside it a file that this machine's own enforcement appends events to."""

from __future__ import annotations

import json
import os
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from streams.codec import Decoded, Reason
from streams.dead_letters import Buried
from streams.local.blocks import BLOCK_BYTES, Unreadable
from streams.local.live import LiveSource
from streams.runner import Chunk, Position
from streams.stamps import NOTHING_YET, Stamper

AT_THE_FRONT_MS = 60_000
"""How far behind the wall clock an input may be for events of now to come among its own."""


@dataclass(frozen=True)
class Batch:
    """Lines of the file up to a place (bytes), taken at a time (ms) after so many records of the input."""

    after: int
    to: int
    now: int


class Batches:
    """The batches that were taken, so that a second run takes the same ones at the same places."""

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text() if path.exists() else ""
        self._torn = bool(text) and not text.endswith("\n")  # by a crash: nobody acted upon that line
        self.taken = [Batch(**json.loads(line)) for line in text.splitlines() if line.endswith("}")]

    def add(self, one: Batch) -> None:
        """Note a batch, so that it lasts."""
        with self._path.open("a") as file:
            file.write("\n" * self._torn + json.dumps(asdict(one)) + "\n")
            self._torn = False
            file.flush()
            os.fsync(file.fileno())


class BesideSource:
    """A live input whose chunks also bring what has come to a file beside it, which is never waited for.

    decode: the file's lines, with the columns of the input's; wall: ms since 1970. Events of now come only once the
    input has come to now, or is silent: in the middle of a backlog they would move its time. Raises Unreadable.
    """

    finite = False

    def __init__(self, main: LiveSource, path: Path, decode: Callable[[bytes], Decoded], batches: Batches,
                 position: Position | None, next_offset: int, wall: Callable[[], int]) -> None:  # fmt: skip
        place: dict[str, Any] = (position or {}).get("beside", {})
        self._main, self._path, self._decode, self._batches, self._wall = main, path, decode, batches, wall
        self._at, self._records = place.get("at", 0), place.get("records", 0)
        self._running: int = place.get("running", NOTHING_YET)
        self._passed: int = (position or {}).get("lanes", [{}])[0].get("consumed", 0)
        self._offset = next_offset
        path.touch()
        if path.stat().st_size < self._at:
            raise Unreadable(f"{path}: it was cut. Put it back, or run again in a new --data-dir.")
        self._again = deque(one for one in batches.taken if one.to > self._at)

    def poll(self) -> Chunk | None:
        chunk = self._main.poll()
        if chunk is None:
            return None
        self._passed += chunk.records
        due = list(self._repeated()) or self._new(chunk)
        return self._merged(chunk, [(one.after, *self._take(one)) for one in due])

    def _repeated(self) -> Iterator[Batch]:
        while self._again and self._again[0].after <= self._passed:
            yield self._again.popleft()

    def _new(self, chunk: Chunk) -> list[Batch]:
        now = self._wall()
        if self._again or not (chunk.records == 0 or _newest(chunk) >= now - AT_THE_FRONT_MS):
            return []
        whole = self._read(BLOCK_BYTES).rfind(b"\n") + 1
        if not whole:
            return []
        one = Batch(self._passed, self._at + whole, now)
        self._batches.add(one)
        return [one]

    def _read(self, size: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self._at)
            return file.read(size)

    def _take(self, one: Batch) -> tuple[pl.DataFrame, list[Buried], Decoded]:
        decoded = self._decode(self._read(one.to - self._at))
        stamped = Stamper(self._running).stamp(decoded.frame, last=True, most=one.now)
        if stamped.height:
            self._running = int(stamped["stamp"][-1])
        dead = [self._buried(d.record, str(d.reason), d.detail, d.payload) for d in decoded.dead]
        ahead = stamped.filter("ahead").select("record", "id").iter_rows()
        dead += [self._buried(row, str(Reason.AHEAD_OF_STAMP), "ahead of the clock", name.encode())
                 for row, name in ahead]  # fmt: skip
        self._at, self._records = one.to, self._records + decoded.height
        return stamped.filter(~pl.col("ahead")).drop("ahead"), dead, decoded

    def _buried(self, record: int, reason: str, detail: str, payload: bytes) -> Buried:
        return Buried(str(self._path), self._records + record, reason, detail, payload)

    def _merged(self, chunk: Chunk, taken: Sequence[tuple[int, pl.DataFrame, list[Buried], Decoded]]) -> Chunk:
        """The chunk with each batch after as many of the input's records as were passed when it was first taken."""
        events, left = [], chunk.events
        for after, frame, _, _ in taken:
            cut = int(left["record"].search_sorted(after, side="left"))
            events += [left[:cut], frame.with_columns(offset=pl.lit(0, pl.Int64)).select(left.columns)]
            left = left[cut:]
        whole = pl.concat([*events, left]) if taken else left
        first, self._offset = self._offset, self._offset + whole.height
        return replace(
            chunk, events=whole.with_columns(offset=np.arange(first, self._offset)),
            dead=[*chunk.dead, *(one for _, _, dead, _ in taken for one in dead)],
            records=chunk.records + sum(decoded.height for *_, decoded in taken),
            unknown_keys=sum((Tally(decoded.unknown_keys) for *_, decoded in taken), Tally(chunk.unknown_keys)),
        )  # fmt: skip

    def position(self) -> Position:
        beside = {"at": self._at, "records": self._records, "running": self._running}
        return {**self._main.position(), "beside": beside}


def _newest(chunk: Chunk) -> int:
    return int(chunk.events["stamp"][-1]) if chunk.events.height else NOTHING_YET
