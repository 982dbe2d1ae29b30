"""The door of the second stage: what several sources send, let in once each and let on in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.gathering_order import KEY, NOTHING_SENT, Key, new_marks, new_records
from features.panes import NEVER
from features.ticks import Ints
from features.ties import RECORD

DEFAULT_ROOM = 500_000
"""Records that may wait for the slowest source; at some 200 bytes each, 100 MB."""

MINUTE_TICKS = 6
"""Ticks in a minute of stream time: rows are let on, and clusters evaluated, by whole minutes."""

ARRIVED = pl.Schema({**RECORD, "offset": pl.Int64()})
"""What is let in: records and markers, and the place in the log that each was read from."""

LET_ON = pl.Schema({**RECORD, "let_on": pl.Int64()})
"""What is let on; let_on: the offset of the row by whose arrival the last source had passed the row's minute."""


@dataclass
class Source:
    """How far one source has come: the key of its last record, and its stream time by markers (a tick)."""

    last: Key | None = None
    time: int = NOTHING_SENT


class Gathering:
    """A waiting room for records and markers (RECORD of features/ties.py) of a fixed set of sources.

    A source sends in the order of (trigger, kind, tie, account), and may at any time begin again from an earlier
    record: rows not above its last count for nothing. The rows of a minute are let on once every source's markers are
    past it, so what is let on, and in which order, does not hang on how the sources' rows are mixed.

    waiting: rows (ARRIVED) let in and not on; held: sources one of whose rows found no room. From then on none of its
    rows is let in until `reread`; so whoever reads notes where the first was refused, and reads on from there later.
    """

    def __init__(self, sources: Sequence[int], room: int = DEFAULT_ROOM) -> None:
        self.sources = {source: Source() for source in sorted(sources)}
        self.room = room
        self.waiting = pl.DataFrame(schema=ARRIVED)
        self.held: set[int] = set()
        self.repeated = 0

    @property
    def time(self) -> int:
        """Stream time: the slowest source's, a tick; −1 before each has sent a marker."""
        return min(source.time for source in self.sources.values())

    @property
    def slowest(self) -> list[int]:
        """The sources that everything waits for."""
        return [number for number, source in self.sources.items() if source.time == self.time]

    @property
    def full(self) -> bool:
        """Whether some row was refused: pause, and page where it lasts."""
        return bool(self.held)

    @property
    def may_reread(self) -> bool:
        """Whether refused rows should be read again: there is room, or all the rest waits for them."""
        return self.full and (self.waiting.height * 2 <= self.room or self.held.issuperset(self.slowest))

    def reread(self) -> None:
        """To be called before reading goes on from the first row that was refused."""
        self.held.clear()

    def take(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Let rows (ARRIVED, offsets not falling) in; returns what can be let on (LET_ON).

        Its order is (minute, markers first, source, trigger, kind, tie, account). Raises ValueError where a row is of
        a source that is none of these.
        """
        self._check(rows)
        times = {number: source.time for number, source in self.sources.items()}
        marks, records = self._above_last(self._with_room(rows.select(ARRIVED.names())))
        self.waiting = pl.concat([self.waiting, marks, records])
        return self._let_on(marks, times)

    def to_dict(self) -> dict[str, Any]:
        """All that a snapshot must keep; `waiting` is a frame, the rest JSON."""
        told = {str(number): {"last": source.last, "time": source.time} for number, source in self.sources.items()}
        return {"sources": told, "room": self.room, "repeated": self.repeated, "waiting": self.waiting}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Gathering:
        """The room as it was kept; reading must go on from no later than the first row that had been refused."""
        found = cls([int(number) for number in kept["sources"]], kept["room"])
        for number, told in kept["sources"].items():
            found.sources[int(number)] = Source(tuple(told["last"]) if told["last"] else None, told["time"])
        found.waiting, found.repeated = kept["waiting"], kept["repeated"]
        return found

    def _check(self, rows: pl.DataFrame) -> None:
        strange = set(np.unique(rows["source"].to_numpy()).tolist()) - set(self.sources)
        if strange:
            raise ValueError(
                f"records of sources {sorted(strange)} came to a room for {list(self.sources)}: "
                "the number of partitions has changed; begin with empty cluster state"
            )

    def _with_room(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows there is room for, or one read more; those of the slowest always, since all wait for them."""
        if self.waiting.height >= self.room:
            rest = pl.col("source").is_in(self.slowest).not_()
            self.held |= set(rows.filter(rest)["source"].unique().to_list())
        return rows.filter(pl.col("source").is_in(list(self.held)).not_()) if self.held else rows

    def _above_last(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Markers and records that are above all that came before them of their source; the sources are moved on."""
        is_mark = rows["tie"].is_null()
        marks, records = self._new_marks(rows.filter(is_mark)), rows.filter(~is_mark) if is_mark.any() else rows
        records = self._new_records(records)
        self.repeated += rows.height - marks.height - records.height
        return marks, records

    def _new_marks(self, marks: pl.DataFrame) -> pl.DataFrame:
        new = new_marks(marks, {number: one.time for number, one in self.sources.items()})
        for number, time in new.group_by("source").agg(pl.col("stream").max()).iter_rows():
            self.sources[number].time = time
        return new

    def _new_records(self, records: pl.DataFrame) -> pl.DataFrame:
        new = new_records(records, {number: one.last for number, one in self.sources.items() if one.last is not None})
        lasts = new["source"].to_numpy()[::-1]
        for number, back in zip(*np.unique(lasts, return_index=True), strict=True):
            trigger, kind, tie, account = new.select(KEY).row(new.height - 1 - int(back))
            self.sources[int(number)].last = (trigger, kind, tie, account)
        return new

    def _let_on(self, marks: pl.DataFrame, times: dict[int, int]) -> pl.DataFrame:
        """Take out the rows of minutes that all sources are past; times: the sources' before these marks."""
        minute = self.waiting["stream"].to_numpy() // MINUTE_TICKS
        ready = minute < self.time // MINUTE_TICKS
        if not ready.any():
            return pl.DataFrame(schema=LET_ON)
        order = _order(self.waiting, np.flatnonzero(ready), minute)
        found = self.waiting[order]
        self.waiting = self.waiting.filter(~pl.Series(ready)).rechunk()  # else it keeps a chunk of each take, for ever
        minutes, which = np.unique(minute[order], return_inverse=True)
        passed = np.maximum(found["offset"].to_numpy(), _passed_at(minutes, marks, times)[which])
        return found.drop("offset").with_columns(let_on=pl.Series(passed))


def _order(waiting: pl.DataFrame, rows: npt.NDArray[np.intp], minute: Ints) -> npt.NDArray[np.intp]:
    """Rows ordered by (minute, markers first, source, trigger); a source's of one trigger wait in their order."""
    record, source = waiting["tie"].is_not_null().to_numpy(), waiting["source"].to_numpy()
    found: npt.NDArray[np.intp] = rows[
        np.lexsort((waiting["trigger"].to_numpy()[rows], source[rows], record[rows], minute[rows]))
    ]
    return found


def _passed_at(minutes: Ints, marks: pl.DataFrame, times: dict[int, int]) -> Ints:
    """The offset of the marker by which the last source passed each minute, NEVER where all had before; int64[n].

    marks: new markers, which rise within a source; times: the sources' before them. All are past all minutes by now.
    """
    found = np.full(len(minutes), NEVER)
    for source, time in times.items():
        own = marks.filter(pl.col("source") == source)
        first = np.searchsorted(own["stream"].to_numpy() // MINUTE_TICKS, minutes, side="right")
        offset = np.append(own["offset"].to_numpy(), NEVER)[first]
        found = np.maximum(found, np.where(minutes < time // MINUTE_TICKS, NEVER, offset))
    return found
