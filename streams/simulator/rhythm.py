"""When people are active: by day, in ten-minute slots with moods of their own, and jobs that come every day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import DAY, HOUR, MINUTE, Floats, Generator, Ints, clipped, noise, spread

Span = tuple[int, int]
"""A stretch of time [begin, end), in ms."""

_SLOT = 10 * MINUTE
_CELLS = 4_000_000  # in one go, at most


@dataclass(frozen=True)
class Rhythm:
    """Requests by day, gamma-distributed gaps.

    `peak`: an hour at mid-afternoon; `variation`: of the gaps; `zone`: UTC offset in hours; `salt`: of the moods.
    """

    peak: Floats
    variation: Floats
    zone: Floats
    salt: int

    def arrivals(
        self, rng: Generator, span: Span, level: Callable[[Ints], Floats] | None = None
    ) -> tuple[Ints, Ints]:  # fmt: skip
        """Who asks, and when; level: what the rate is multiplied with, slot by account, for slots that begin so."""
        begin, end = slots(span)
        at_once = max(1, _CELLS // max(len(self.peak), 1))
        parts = [
            self._slots(rng, begin[i : i + at_once], end[i : i + at_once], level) for i in range(0, len(begin), at_once)
        ]
        return np.concatenate([who for who, _ in parts]), np.concatenate([time for _, time in parts])

    def _slots(
        self, rng: Generator, begin: Ints, end: Ints, level: Callable[[Ints], Floats] | None
    ) -> tuple[Ints, Ints]:  # fmt: skip
        accounts, hours = len(self.peak), (end - begin) / HOUR
        rate = daylight(begin, self.zone) * self.peak * hours[:, None] * self._mood(begin)
        counts = rng.poisson(rate if level is None else rate * level(begin)).ravel()
        row = np.arange(accounts)
        who = np.tile(row, len(begin)) if len(begin) > 1 else row
        first, last = np.repeat(begin, accounts), np.repeat(end, accounts)
        cell, time = spread(rng, counts, self.variation[who], first, last)
        return who[cell], time

    def _mood(self, begin: Ints) -> Floats:
        slot, row = (begin // _SLOT)[:, None], np.arange(len(self.peak))[None, :]
        first, second = noise(self.salt, slot, row), noise(self.salt + 1, slot, row)
        mood: Floats = -0.5 * np.log((1 - first) * (1 - second))  # gamma: shape 2, mean 1
        return mood


def slots(span: Span) -> tuple[Ints, Ints]:
    """The whole ten minutes that a span touches, cut to it: (begin, end)."""
    edges = np.arange(span[0] // _SLOT + 1, -(-span[1] // _SLOT)) * _SLOT
    bounds = np.concatenate([[span[0]], edges, [span[1]]]).astype(np.int64)
    return bounds[:-1], bounds[1:]


def daylight(time: Ints, zone: Floats) -> Floats:
    """Activity as a share of the day's peak (15:00 local), time by zone, for UTC offsets in hours."""
    offsets, which = np.unique(zone, return_inverse=True)
    return brightness(time[:, None], offsets)[:, which]


def brightness(time: Ints, zone: Floats) -> Floats:
    """The same, for each time and the zone beside it."""
    hour = time % DAY / HOUR + zone
    level: Floats = 0.06 + 0.94 * ((1 + np.cos(2 * np.pi * (hour - 15) / 24)) / 2) ** 2
    return level


def midnight(time: int) -> int:
    """The UTC midnight at or before a time."""
    return time - time % DAY


def daily(span: Span, begin: Ints, length: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
    """The parts in a span of what begins each day at so many ms after midnight: (first, last, its own begin)."""
    for day in range(midnight(span[0]) - DAY, span[1], DAY):
        origin = begin + day
        first, last = clipped(span, origin, origin + length)
        if (first < last).any():
            yield first, last, origin
