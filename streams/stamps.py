"""Stamps for input that no broker has stamped: a time that one wrong record cannot move."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.ticks import Ints

LOOK_AHEAD = 4
"""Records after one whose least time makes its stamp."""

AHEAD_MS = 3_600_000
"""An event further ahead of its stamp than this is a dead letter: writers flush in blocks."""

NOTHING_YET = -(1 << 62)


class Stamper:
    """Stamps one file's events: the running maximum of the least time among a record and the four after it."""

    def __init__(self, running: int = NOTHING_YET) -> None:
        self._running = running
        self._waiting: pl.DataFrame | None = None

    @property
    def waiting(self) -> int:
        """Events held back until those after them are known."""
        return self._waiting.height if self._waiting is not None else 0

    def stamp(self, events: pl.DataFrame, last: bool) -> pl.DataFrame:
        """The events whose stamps are known now, in order, with `stamp` and `ahead` (beyond its allowance).

        events: with `time`, Int64 ms. last: no more follow, or nobody waits for them.
        """
        whole = events if self._waiting is None else pl.concat([self._waiting, events])
        known = whole.height if last else max(whole.height - LOOK_AHEAD, 0)
        self._waiting = None if last else whole[known:]
        times = whole["time"].to_numpy()
        stamps = np.maximum.accumulate(np.maximum(_least(times)[:known], self._running)) if known else times[:0]
        if known:
            self._running = int(stamps[-1])
        return whole[:known].with_columns(stamp=stamps, ahead=times[:known] - stamps > AHEAD_MS)


def _least(times: Ints) -> Ints:
    least = times.copy()
    for step in range(1, LOOK_AHEAD + 1):
        least[:-step] = np.minimum(least[:-step], times[step:])
    return least


def mostly_falling(times: Ints) -> bool:
    """Whether a log's times run backwards: more steps down than up, and the end before the beginning."""
    if len(times) < 2:
        return False
    steps = np.diff(times)
    return bool((steps < 0).sum() > (steps > 0).sum() and times[-1] < times[0])
