"""Records let on, in batches of whole minutes of one hour, ordered by the tie that they are of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.cluster_layout import Hashes, account_hashes
from features.gathering import MINUTE_TICKS
from features.ticks import HOUR_MS, TICK_MS, Ints, segment_ends, segment_starts

MINUTE_MS = MINUTE_TICKS * TICK_MS

_HOUR_MINUTES = HOUR_MS // MINUTE_MS
_MOST_ROWS = 32_768  # of one batch, or a minute more: at some 2 KB each while they are pooled


@dataclass
class Minutes:
    """Records (LET_ON) of some minutes of one hour, in the order in which they were let on.

    hashes: uint64[n], of their accounts; minute, active: int64[n], active being how many accounts are in use as of it.
    """

    records: pl.DataFrame
    hashes: Hashes
    minute: Ints
    active: Ints

    @property
    def tick(self) -> Ints:
        """The tick of each record's account; int64[n]."""
        found: Ints = self.records["tick"].to_numpy()
        return found

    def span(self, first: int, last: int) -> Minutes:
        """The records of the minutes from `first` to `last`."""
        here = slice(*np.searchsorted(self.minute, (first, last + 1)).tolist())
        return Minutes(self.records[here], self.hashes[here], self.minute[here], self.active[here])

    def by_tie(self) -> tuple[Ints, Ints]:
        """The records ordered by kind and tie, then as they came, and where each tie begins; int64[n], int64[ties]."""
        kind = self.records["kind"].to_physical().to_numpy()
        tie = self.records["tie"].to_numpy()
        order = np.lexsort((tie, kind))
        return order, segment_starts(kind[order], tie[order])

    def names(self, rows: Ints) -> list[str]:
        """The names of the ties of some records."""
        own = self.records.select("kind", "tie")[rows]
        return own.select(pl.format("{}:{}", "kind", "tie").alias("name"))["name"].to_list()


def let_on(rows: pl.DataFrame, active: dict[int, int], key: str) -> Minutes:
    """The records among rows (LET_ON); active: accounts by source before them, moved on by their markers."""
    is_mark = rows["tie"].is_null()
    marks, records = rows.select("source", "stream", "active").filter(is_mark), rows.filter(~is_mark)
    minute = records["stream"].to_numpy() // MINUTE_TICKS
    return Minutes(records, account_hashes(records["account"], key), minute, _active(marks, minute, active))


def batches(minute: Ints) -> list[tuple[int, int]]:
    """The first and last minute of each batch of rows (int64[n], rising): one of an hour, several where it is large."""
    starts = segment_starts(minute // _HOUR_MINUTES, _filled(minute))
    ends = segment_ends(starts, len(minute))
    return list(zip(minute[starts].tolist(), minute[ends].tolist(), strict=True))


def _filled(minute: Ints) -> Ints:
    """How many batches' worth of rows came before each row's minute; int64[n]."""
    starts = segment_starts(minute)
    return np.repeat(starts // _MOST_ROWS, np.diff(starts, append=len(minute)))


def _active(marks: pl.DataFrame, minute: Ints, active: dict[int, int]) -> Ints:
    """How many accounts are active as of each minute; `active` is moved on."""
    total, source, told = sum(active.values()), marks["source"].to_numpy(), marks["active"].to_numpy()
    steps = np.empty(len(told), np.int64)
    for one in np.unique(source).tolist():
        own = np.flatnonzero(source == one)
        steps[own] = np.diff(told[own], prepend=active.get(one, 0))
        active[one] = int(told[own[-1]])
    totals = total + np.concatenate((np.zeros(1, np.int64), np.cumsum(steps)))
    found: Ints = totals[np.searchsorted(marks["stream"].to_numpy() // MINUTE_TICKS, minute, side="right")]
    return found
