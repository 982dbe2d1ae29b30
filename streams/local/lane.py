"""One input among those merged: its records decoded, stamped and counted, and the place to go on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from streams.codec import Decoded, Reason
from streams.dead_letters import Buried
from streams.local.places import Places
from streams.stamps import NOTHING_YET, Stamper, mostly_falling

_JUDGED_RECORDS = 1000
_JUDGED_FROM = 10  # fewer may just have come in disorder


def numbered(events: pl.DataFrame | None, decode: Callable[[bytes], Decoded], first: int) -> pl.DataFrame:
    """Stamped events with their offsets from `first` on; an empty frame of the same columns where there are none."""
    if events is None:
        events = decode(b"").frame.with_columns(stamp=np.zeros(0, np.int64))
    return events.with_columns(offset=np.arange(first, first + events.height))


class RunsBackwards(Exception):
    """A log whose times mostly fall."""


class Lane:
    """Entries of one input in order, stamped. `decode`: bytes of whole lines to good rows and dead letters.

    Ordinals count every entry of the input from 0, dead ones included; dead letters tell the number of their record,
    which may hold several entries or none. patient: as a Stamper's.
    """

    def __init__(self, name: str, decode: Callable[[bytes], Decoded], place: Mapping[str, Any] | None = None,
                 patient: bool = False) -> None:  # fmt: skip
        place = place or {}
        self.name = name
        self._decode = decode
        self._consumed: int = place.get("consumed", 0)
        self._running: int = place.get("running", NOTHING_YET)
        self._stamper = Stamper(self._running, patient)
        self._places = Places(place)
        self._dead: list[tuple[int, Buried, int]] = []  # with its entry, and the stamp where it got one
        self._popped: pl.DataFrame | None = None
        self._before = self._running
        self._ready: list[pl.DataFrame] = []
        self._judged = self._places.next_entry > 0
        self._unknown_keys: dict[str, int] = {}
        self._skipped = 0

    def take(self, block: bytes, at: int) -> None:
        """Decode and stamp a block that begins `at` bytes into the input. Raises RunsBackwards."""
        self.settle(self._decode(block), at)

    def settle(self, decoded: Decoded, at: int) -> None:
        """Stamp a decoded block that begins `at` bytes into the input. Raises RunsBackwards."""
        first = self._places.add(decoded, at)
        self._skipped += decoded.skipped
        self._dead.extend(
            (entry, self._buried(entry, str(d.reason), d.detail, d.payload), NOTHING_YET)
            for d in decoded.dead if (entry := first + d.record) >= self._consumed
        )  # fmt: skip
        frame = decoded.frame.with_columns(pl.col("record") + first)
        if first < self._consumed:
            frame = frame.filter(pl.col("record") >= self._consumed)
        self._judge(frame)
        self._unknown_keys = decoded.unknown_keys
        self._stamp(frame, last=False)

    def _judge(self, frame: pl.DataFrame) -> None:
        times = frame["time"].to_numpy()[:_JUDGED_RECORDS]
        if not self._judged and frame.height >= _JUDGED_FROM and mostly_falling(times):
            raise RunsBackwards(
                f"{self.name}: its times run backwards (newest first?). Run again with --sort, which reads it whole "
                f"into memory and sorts it by time."
            )
        self._judged = True

    def end(self, most: int | None = None) -> None:
        """No more will come, or nobody waits for it: what is held back is stamped without, not later than `most`."""
        if self._stamper.waiting:
            self._stamp(self._empty(), last=True, most=most)

    def _empty(self) -> pl.DataFrame:
        return self._decode(b"").frame

    def _stamp(self, frame: pl.DataFrame, last: bool, most: int | None = None) -> None:
        stamped = self._stamper.stamp(frame, last, most)
        ahead = stamped.filter("ahead") if stamped["ahead"].any() else stamped[:0]
        ahead_rows = ahead.select("record", "id", "time", "stamp").iter_rows()
        self._dead.extend((row[0], self._ahead(row), row[3]) for row in ahead_rows)
        good = stamped.filter(~pl.col("ahead")).drop("ahead") if ahead.height else stamped.drop("ahead")
        if good.height:
            self._ready.append(good)

    def _ahead(self, row: tuple[int, str, int, int]) -> Buried:
        entry, event_id, time, stamp = row
        detail = f"time is {(time - stamp) / 3_600_000:,.1f} h ahead of the log around it"
        return self._buried(entry, str(Reason.AHEAD_OF_STAMP), detail, event_id.encode()[:1024])

    def _buried(self, entry: int, reason: str, detail: str, payload: bytes) -> Buried:
        return Buried(self.name, self._places.record_of(entry), reason, detail, payload)

    @property
    def waiting(self) -> bool:
        """Whether records are held back until those after them are known."""
        return self._stamper.waiting > 0

    @property
    def records(self) -> int:
        """Entries handed out so far, dead ones included."""
        return self._consumed

    @property
    def empty(self) -> bool:
        """Whether no record is ready."""
        return not self._ready

    @property
    def front(self) -> int:
        """No record to come has a lesser stamp."""
        return int(self._ready[-1]["stamp"][-1]) if self._ready else self._running

    def unknown_keys(self) -> dict[str, int]:
        """Unknown keys of what was taken since the last call."""
        found, self._unknown_keys = self._unknown_keys, {}
        return found

    def skipped(self) -> int:
        """How much of what was taken since the last call is no event."""
        found, self._skipped = self._skipped, 0
        return found

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
        self._popped = ready[:count]
        self._consumed, self._running = int(ready["record"][count - 1]) + 1, int(ready["stamp"][count - 1])
        return ready[:count]

    def buried(self, below: int | None = None, or_equal: bool = False) -> list[tuple[int, Buried]]:
        """Dead letters that no good record comes before any more, each once, with the stamp of the log around it.

        Up to a stamp where one is given. To be asked for after every `pop`.
        """
        found: list[tuple[int, Buried]] = []
        stamp, held = self._before, self._first_held()
        ordered = sorted(self._dead, key=lambda one: one[0])
        for entry, one, own in ordered:
            stamp = max(stamp, own, self._popped_stamp(entry))
            if entry >= held or (below is not None and (stamp > below or (stamp == below and not or_equal))):
                break
            found.append((stamp, one))
        self._dead, self._popped = ordered[len(found) :], None
        if found:
            self._consumed = max(self._consumed, ordered[len(found) - 1][0] + 1)
            self._running = max(self._running, found[-1][0])
        self._before = self._running
        return found

    def _first_held(self) -> int:
        """The first good entry not yet popped."""
        return int(self._ready[0]["record"][0]) if self._ready else self._stamper.first_waiting(self._places.next_entry)

    def _popped_stamp(self, entry: int) -> int:
        """The stamp of the last entry before one among those just popped."""
        if self._popped is None:
            return NOTHING_YET
        index = int(np.searchsorted(self._popped["record"].to_numpy(), entry))
        return int(self._popped["stamp"][index - 1]) if index else NOTHING_YET

    def place(self) -> dict[str, int]:
        """Where to go on: after the last entry handed out."""
        return {"consumed": self._consumed, "running": self._running, **self._places.at(self._consumed)}
