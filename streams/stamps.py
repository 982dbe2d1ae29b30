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
    """Stamps one file's events: the running maximum of the least time among a record and the four after it.

    patient: whether it may hold a whole block back until the next one has come, which spares joining the two.
    """

    def __init__(self, running: int = NOTHING_YET, patient: bool = False) -> None:
        self._running, self._patient = running, patient
        self._waiting: pl.DataFrame | None = None

    @property
    def waiting(self) -> int:
        """Events held back until those after them are known."""
        return self._waiting.height if self._waiting is not None else 0

    def first_waiting(self, otherwise: int) -> int:
        """The `record` of the first event held back."""
        return int(self._waiting["record"][0]) if self._waiting is not None and self._waiting.height else otherwise

    def stamp(self, events: pl.DataFrame, last: bool, most: int | None = None) -> pl.DataFrame:
        """The events whose stamps are known now, in order, with `stamp` and `ahead` (beyond its allowance).

        events: with `time`, Int64 ms. last: no more follow, or nobody waits for them.
        most: no stamp is later than this time (ms), unless one before it was.
        """
        if self._patient and not last:
            return self._block_before(events)
        whole = _under(self._waiting, events)
        known = whole.height if last else max(whole.height - LOOK_AHEAD, 0)
        self._waiting = None if last else whole[known:]
        return self._stamped(whole[:known], whole["time"].to_numpy(), most)

    def _block_before(self, events: pl.DataFrame) -> pl.DataFrame:
        before = self._waiting
        if before is None or events.height < LOOK_AHEAD:
            self._waiting = _under(before, events)
            return self._stamped(events[:0], np.zeros(0, np.int64))
        self._waiting = events
        following = events["time"].to_numpy()[:LOOK_AHEAD]
        return self._stamped(before, np.concatenate((before["time"].to_numpy(), following)))

    def _stamped(self, events: pl.DataFrame, times: Ints, most: int | None = None) -> pl.DataFrame:
        """The events with their stamps; times: theirs and of those that follow."""
        known = events.height
        least = _least(times)[:known] if most is None else np.minimum(_least(times)[:known], most)
        stamps = np.maximum.accumulate(np.maximum(least, self._running))
        if known:
            self._running = int(stamps[-1])
        return events.with_columns(stamp=stamps, ahead=times[:known] - stamps > AHEAD_MS)


def _under(above: pl.DataFrame | None, events: pl.DataFrame) -> pl.DataFrame:
    if above is None or not above.height:
        return events
    return pl.concat([above, events], rechunk=True) if events.height else above


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
