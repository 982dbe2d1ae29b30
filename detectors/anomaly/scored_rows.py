"""How the rows that models scored are spread: counts by bin and hour of stream time, a small ring a group."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.anomaly.reference import BINS
from features.ticks import Ints

HOURS = 24
"""Whole hours that are looked back on."""

_RING = HOURS + 1  # and the running one
_NO_HOUR = -1

Key = tuple[str, str, str]
"""A model's id, one of its groups, and the identity of the reference that the bins are of."""

_SCHEMA = pl.Schema({"model": pl.String(), "group": pl.String(), "reference": pl.String(), "hour": pl.Int64(),
                     "hours": pl.List(pl.Int64()), "counts": pl.List(pl.Int32())})  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Ring:
    """hours: int64[_RING], since 1970, the one that each slice is of; counts: int32[_RING, features + 1, BINS]."""

    hours: Ints
    counts: npt.NDArray[np.int32]

    def add(self, hour: int, counts: Ints) -> None:
        at = hour % _RING
        if self.hours[at] != hour:
            self.hours[at], self.counts[at] = hour, 0
        self.counts[at] += counts.astype(np.int32)

    def within(self, first: int, end: int) -> Ints:
        mine = (self.hours >= first) & (self.hours < end)
        found: Ints = self.counts[mine].sum(axis=0, dtype=np.int64)
        return found


@dataclass
class ScoredRows:
    """One partition's counts, a part of its state. hour: of its stream time now, since 1970."""

    hour: int = 0
    rings: dict[Key, _Ring] = field(default_factory=dict)

    def add(self, key: Key, counts: Ints) -> None:
        """Count rows of this hour; counts: int64[features + 1, BINS]."""
        if key not in self.rings:
            self.rings[key] = _Ring(np.full(_RING, _NO_HOUR), np.zeros((_RING, *counts.shape), np.int32))
        self.rings[key].add(self.hour, counts)

    def last_day(self, key: Key) -> Ints | None:
        """The counts of the last HOURS whole hours; int64[features + 1, BINS], None where none ever were."""
        ring = self.rings.get(key)
        return None if ring is None else ring.within(self.hour - HOURS, self.hour)

    def keep(self, known: Collection[Key]) -> None:
        """Forget the counts of models that are gone, or were trained anew."""
        for key in self.rings.keys() - set(known):
            del self.rings[key]

    def frame(self) -> pl.DataFrame:
        """All of it, a row each key."""
        rows = [(*key, self.hour, ring.hours.tolist(), ring.counts.ravel().tolist())
                for key, ring in self.rings.items()]  # fmt: skip
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def scored_rows(frame: pl.DataFrame) -> ScoredRows:
    """What a frame of `ScoredRows.frame` tells."""
    found = ScoredRows()
    for model, group, reference, hour, hours, counts in frame.iter_rows():
        slices = np.array(counts, np.int32).reshape(_RING, -1, BINS)
        found.hour = hour
        found.rings[model, group, reference] = _Ring(np.array(hours, np.int64), slices)
    return found
