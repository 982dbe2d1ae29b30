"""One input among those merged: its records decoded, stamped and counted, and the place to go on from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from streams.codec import Decoded, Reason
from streams.dead_letters import Buried
from streams.stamps import NOTHING_YET, Stamper, mostly_falling

_JUDGED_RECORDS = 1000


class RunsBackwards(Exception):
    """A log whose times mostly fall."""


class Lane:
    """Records of one input in order, stamped. `decode`: bytes of whole lines to good records and dead letters.

    Ordinals count every record of the input from 0, dead ones included.
    """

    def __init__(self, name: str, decode: Callable[[bytes], Decoded], place: Mapping[str, Any] | None = None) -> None:
        place = place or {}
        self.name = name
        self._decode = decode
        self._consumed: int = place.get("consumed", 0)
        self._running: int = place.get("running", NOTHING_YET)
        self._stamper = Stamper(self._running)
        self._next_record: int = place.get("block_record", 0)
        self._blocks: deque[tuple[int, int]] = deque()
        self._dead: deque[Buried] = deque()
        self._ready: list[pl.DataFrame] = []
        self._judged = self._next_record > 0
        self.unknown_keys: dict[str, int] = {}

    def take(self, block: bytes, at: int, last: bool = False) -> None:
        """Decode and stamp a block that begins `at` bytes into the input. Raises RunsBackwards."""
        decoded = self._decode(block)
        self._blocks.append((at, self._next_record))
        first = self._next_record
        self._next_record += decoded.height
        self._dead.extend(
            Buried(self.name, first + d.record, str(d.reason), d.detail, d.payload)
            for d in decoded.dead if first + d.record >= self._consumed
        )  # fmt: skip
        frame = decoded.frame.with_columns(pl.col("record") + first).filter(pl.col("record") >= self._consumed)
        self._judge(frame)
        self.unknown_keys = decoded.unknown_keys
        self._stamp(frame, last)

    def _judge(self, frame: pl.DataFrame) -> None:
        if not self._judged and frame.height and mostly_falling(frame["time"].to_numpy()[:_JUDGED_RECORDS]):
            raise RunsBackwards(
                f"{self.name}: its times run backwards (newest first?). Run again with --sort, which reads it whole "
                f"into memory and sorts it by time."
            )
        self._judged = True

    def end(self) -> None:
        """No more will come, or nobody waits for it: what is held back is stamped without."""
        if self._stamper.waiting:
            self._stamp(self._empty(), last=True)

    def _empty(self) -> pl.DataFrame:
        return self._decode(b"").frame

    def _stamp(self, frame: pl.DataFrame, last: bool) -> None:
        stamped = self._stamper.stamp(frame, last)
        ahead = stamped.filter("ahead")
        self._dead.extend(self._ahead(row) for row in ahead.select("record", "id", "time", "stamp").iter_rows())
        good = stamped.filter(~pl.col("ahead")).drop("ahead") if ahead.height else stamped.drop("ahead")
        if good.height:
            self._ready.append(good)

    def _ahead(self, row: tuple[int, str, int, int]) -> Buried:
        record, event_id, time, stamp = row
        detail = f"time is {(time - stamp) / 3_600_000:,.1f} h ahead of the log around it"
        return Buried(self.name, record, str(Reason.AHEAD_OF_STAMP), detail, event_id.encode()[:1024])

    @property
    def waiting(self) -> bool:
        """Whether records are held back until those after them are known."""
        return self._stamper.waiting > 0

    @property
    def records(self) -> int:
        """Records read so far."""
        return self._next_record

    @property
    def last_stamp(self) -> int | None:
        """The stamp of the newest ready record."""
        return int(self._ready[-1]["stamp"][-1]) if self._ready else None

    def pop(self, below: int | None = None, or_equal: bool = False) -> pl.DataFrame | None:
        """Ready records, up to a stamp where one is given; None where there are none."""
        if not self._ready:
            return None
        ready = pl.concat(self._ready) if len(self._ready) > 1 else self._ready[0]
        count = ready.height
        if below is not None:
            count = int(ready["stamp"].search_sorted(below, side="right" if or_equal else "left"))
        if not count:
            self._ready = [ready]
            return None
        self._ready = [ready[count:]] if count < ready.height else []
        self._consumed, self._running = int(ready["record"][count - 1]) + 1, int(ready["stamp"][count - 1])
        return ready[:count]

    def buried(self, everything: bool = False) -> list[Buried]:
        """Dead letters that lie before what has been popped, once each."""
        ordered = sorted(self._dead, key=lambda one: one.record)
        gone = [one for one in ordered if everything or one.record < self._consumed]
        self._dead = deque(ordered[len(gone) :])
        return gone

    def place(self) -> dict[str, int]:
        """Where to go on: after the last record popped."""
        while len(self._blocks) > 1 and self._blocks[1][1] <= self._consumed:
            self._blocks.popleft()
        at, record = self._blocks[0] if self._blocks else (0, 0)
        return {"consumed": self._consumed, "running": self._running, "at": at, "block_record": record}
