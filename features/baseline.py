"""An entity against its own past: how far a value may go before neither its history, nor growth, nor peers excuse it.

The limit of a day is a robust bound over the days before: their median and six times the median distance from it,
on a log scale. It may rise by 1 % a day at most and fall freely; it is at most eight times the median of the days
−90 to −30, and at most what one in a thousand peers reaches. A day above its limit teaches nothing: its place is
taken by the median. So somebody who always sends the most that is not noticed needs months to reach ten times what
they honestly sent, and never passes their peers' ceiling (tests/features/test_patient_attacker.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from features.book import larger
from features.panes import grown
from features.ticks import DAY_MS, Ints, segment_starts

Levels = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]

MOST_WATCHED = 8
"""Values of a kind that have an own past."""

KEPT_DAYS = 90
OCTAVE = 1024
"""Levels are log2(1 + value) in 1/1024: integers, a step is 0.07 %."""

_RING = KEPT_DAYS + 1
_RECENT = 28
_LAG = 30
_FEWEST = 14  # days that make a past
_DISTANCES = 6
_LEAST_DISTANCE = OCTAVE / _DISTANCES  # so that the limit is never below double the median
_RISE = OCTAVE * np.log2(1.01)
_LAGGED_ROOM = 3 * OCTAVE
_NO_LIMIT = -1.0
_ABSENT = -1
_MISSING = np.uint16(65_535)  # sorts behind every level
_BATCH = 1024  # entities whose days are sorted at once
_AGES = np.arange(1, KEPT_DAYS + 1)


class Baselines:
    """The own pasts of the entities of one kind, found by name and kept for 90 days of silence.

    names: the values that have a past; cap: entities at most, later ones have none until some are forgotten.
    Arrays are indexed by slot. day: int32, the day since 1970 of the last value; today: uint16[slots, values], the
    greatest level of that day and one more, 0 for none; past: uint16[slots, values, 91], the same of the days
    before, by day mod 91; limit: float64[slots, values], levels, −1 for none.
    """

    def __init__(self, names: Sequence[str], cap: int) -> None:
        self.names, self.cap = tuple(names), cap
        self.slots: dict[str, int] = {}
        self.free: list[int] = []
        self.make(0)

    def make(self, capacity: int) -> None:
        """Room for so many entities, of whom nothing is known yet."""
        count = len(self.names)
        self.day = np.full(capacity, _ABSENT, np.int32)
        self.today: Levels = np.zeros((capacity, count), np.uint16)
        self.past: Levels = np.zeros((capacity, count, _RING), np.uint16)
        self.limit: Floats = np.full((capacity, count), _NO_LIMIT)

    def _grow(self, needed: int) -> None:
        capacity = larger(needed, len(self.day))
        self.day, self.limit = grown(self.day, capacity, _ABSENT), grown(self.limit, capacity, int(_NO_LIMIT))
        self.today, self.past = grown(self.today, capacity), grown(self.past, capacity)

    def against(self, entities: Sequence[str], as_of: Ints, values: Floats, ceilings: Floats) -> Floats:
        """Set values beside their limits and take them in; the rows of one entity are in order of time.

        as_of: int64[rows] ms; values, ceilings: float64[rows, values] whole units, NaN for none.
        Returns float64[rows, values]: 1 is the limit, NaN where there is none.
        """
        found = np.full(values.shape, np.nan)
        slots, days = self._taken(entities), (as_of // DAY_MS).astype(np.int32)
        reached = levels(values)
        for rows in _by_day(slots, days):
            firsts = rows[np.unique(slots[rows], return_index=True)[1]]
            self._begin(slots[firsts], days[firsts], levels(ceilings[firsts]))
            found[rows] = self._beside(slots[rows], reached[rows])
            np.maximum.at(self.today, slots[rows], _stored(reached[rows]))
        return found

    def beside(self, entities: Sequence[str], values: Floats) -> Floats:
        """Values beside the limits in force, taking nothing in; float64[rows, values]."""
        slots = np.array([self.slots.get(name, _ABSENT) for name in entities], np.int64)
        found = np.full(values.shape, np.nan)
        known = np.flatnonzero(slots != _ABSENT)
        found[known] = self._beside(slots[known], levels(values[known]))
        return found

    def forget(self, now: int) -> None:
        """Let go of those of whom nothing was heard for 90 days. now: ms."""
        gone = [name for name, slot in self.slots.items() if self.day[slot] < now // DAY_MS - KEPT_DAYS]
        slots = [self.slots.pop(name) for name in gone]
        self.day[slots], self.today[slots], self.past[slots], self.limit[slots] = _ABSENT, 0, 0, _NO_LIMIT
        self.free.extend(slots)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays that are in use."""
        each = self.day.itemsize + len(self.names) * (2 * (_RING + 1) + self.limit.itemsize)
        return each * (len(self.slots) + len(self.free))

    def _taken(self, entities: Sequence[str]) -> Ints:
        """The slot of each entity, taken now where it has none; −1 past the cap."""
        for name in entities:
            if name not in self.slots and len(self.slots) < self.cap:
                slot = self.free.pop() if self.free else len(self.slots)
                if slot >= len(self.day):
                    self._grow(slot + 1)
                self.slots[name] = slot
        return np.array([self.slots.get(name, _ABSENT) for name in entities], np.int64)

    def _beside(self, slots: Ints, reached: Floats) -> Floats:
        limit = self.limit[slots]
        found: Floats = np.where(limit >= 0, np.exp2((reached - limit) / OCTAVE), np.nan)
        return found

    def _begin(self, slots: Ints, days: npt.NDArray[np.int32], ceilings: Floats) -> None:
        """Close the day before and set the limits of a new one, for entities each of whom is named once."""
        later = days > self.day[slots]
        slots, days, ceilings = slots[later], days[later], ceilings[later]
        for first in range(0, len(slots), _BATCH):
            part = slice(first, first + _BATCH)
            self._close(slots[part])
            self._open(slots[part], days[part], ceilings[part])

    def _close(self, slots: Ints) -> None:
        """Put the last day among the days before; one above its limit gives its place to their median."""
        slots = slots[self.day[slots] != _ABSENT]
        day, limit, finished = self.day[slots], self.limit[slots], self.today[slots]
        usual, days = _median(self._days(slots, day))
        above = (limit >= 0) & (finished.astype(np.float64) - 1 > limit) & (days > 0)
        self.past[slots, :, day % _RING] = np.where(above, usual, finished)

    def _open(self, slots: Ints, days: npt.NDArray[np.int32], ceilings: Floats) -> None:
        elapsed = np.where(self.day[slots] == _ABSENT, 0, days - self.day[slots])
        for skipped in range(1, int(min(elapsed.max(initial=0), _RING))):
            behind = slots[elapsed > skipped]
            self.past[behind, :, (self.day[behind] + skipped) % _RING] = 0
        self.past[slots, :, days % _RING] = 0
        self.limit[slots] = _limits(self._days(slots, days), self.limit[slots], elapsed, ceilings)
        self.day[slots], self.today[slots] = days, 0

    def _days(self, slots: Ints, day: npt.NDArray[np.int32]) -> Levels:
        """The 90 days before a day, newest first; uint16[rows, values, 90], 65,535 for none."""
        places = (day[:, None] - _AGES) % _RING
        found = np.take_along_axis(self.past[slots], places[:, None, :], axis=2)
        return np.where(found == 0, _MISSING, found)


def levels(values: Floats) -> Floats:
    """log2(1 + value) in 1/1024, NaN for what is below 0 or unknown."""
    with np.errstate(invalid="ignore"):
        found: Floats = np.log2(1 + np.where(values >= 0, values, np.nan)) * OCTAVE
    return found


def _stored(reached: Floats) -> Levels:
    return np.where(np.isnan(reached), 0, np.rint(np.minimum(reached, _MISSING - 2)) + 1).astype(np.uint16)


def _by_day(slots: Ints, days: npt.NDArray[np.int32]) -> Iterator[Ints]:
    """Rows whose entities have a slot, one day of each entity at a time."""
    order = np.lexsort((days, slots))
    order = order[int((slots < 0).sum()) :]
    starts = segment_starts(slots[order], days[order])
    firsts = segment_starts(slots[order][starts])
    rank = np.arange(len(starts)) - np.repeat(firsts, np.diff(firsts, append=len(starts)))
    each = np.repeat(rank, np.diff(starts, append=len(order)))
    for number in range(int(rank.max(initial=-1)) + 1):
        yield order[each == number]


def _limits(days: Levels, before: Floats, elapsed: Ints, ceilings: Floats) -> Floats:
    """The limits of a day; float64[rows, values]. days as of `_days`; before: the limits until now."""
    usual, distance, enough = _spread(days)
    bound = usual - 1 + _DISTANCES * np.maximum(distance, _LEAST_DISTANCE)
    risen = np.where(before >= 0, before + _RISE * elapsed[:, None], np.inf)
    lagged, count = _median(days[:, :, _LAG - 1 :])
    far = np.where(count >= _FEWEST, lagged.astype(np.float64) - 1 + _LAGGED_ROOM, np.inf)
    own = np.where(enough, np.minimum(np.minimum(bound, risen), far), np.inf)
    found = np.fmin(own, ceilings)
    return np.where(np.isfinite(found), found, _NO_LIMIT)


def _spread(days: Levels) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Median, median distance from it, and whether there are days enough: of the last 28, else of all 90."""
    recent = (days[:, :, :_RECENT] != _MISSING).sum(axis=2) >= _FEWEST
    chosen = np.where(recent[:, :, None] & (_AGES > _RECENT), _MISSING, days)
    usual, count = _median(chosen)
    apart = np.abs(chosen.astype(np.int32) - usual[:, :, None]).astype(np.uint16)
    distance, _ = _median(np.where(chosen == _MISSING, _MISSING, apart))
    return usual.astype(np.float64), distance.astype(np.float64), count >= _FEWEST


def _median(days: Levels) -> tuple[Levels, npt.NDArray[np.intp]]:
    """The lower median of the days there are, 0 for none, and how many they are; [rows, values]."""
    count = (days != _MISSING).sum(axis=2)
    middle = np.maximum(count - 1, 0) // 2
    found = np.take_along_axis(np.sort(days, axis=2), middle[:, :, None], axis=2)[:, :, 0]
    return np.where(count > 0, found, 0).astype(np.uint16), count
