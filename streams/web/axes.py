"""Scales of plots: where a value or a time is on a line, and which round ones are written beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from features.ticks import DAY_MS, HOUR_MS

_MINUTE_MS = 60_000
_STEPS_MS = (
    *(minutes * _MINUTE_MS for minutes in (1, 2, 5, 10, 15, 30)), *(hours * HOUR_MS for hours in (1, 2, 3, 6, 12)),
    *(days * DAY_MS for days in (1, 2, 7, 14, 30, 90, 180, 365)),
)  # fmt: skip
_LAST_MS = 253_402_300_799_000  # 9999-12-31, the last day that has a name


@dataclass(frozen=True)
class Axis:
    """A line from one value to a greater one, drawn from one place to another, in units of the drawing."""

    least: float
    most: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value; what lies outside is put at the nearer end."""
        inside = min(max(value, self.least), self.most)
        return round(self.begin + (inside - self.least) / (self.most - self.least) * (self.end - self.begin), 2)


def of_time(first_ms: int, last_ms: int, begin: float, end: float) -> Axis:
    """An axis of times, a minute long at least."""
    first, last = max(first_ms, 0), min(last_ms, _LAST_MS)
    return Axis(first, max(last, first + _MINUTE_MS), begin, end)


def of_values(values: list[float], begin: float, end: float) -> Axis:
    """An axis of values from 0, or from the least where that is below it, a little beyond the greatest."""
    least, most = min([0.0, *values]), max([0.0, *values])
    room = most - least
    if not math.isfinite(room) or room <= 0:
        return Axis(least, least + 1.0, begin, end)
    return Axis(least, most + room * 0.05, begin, end)


def times(axis: Axis, most: int = 5) -> Iterator[tuple[int, str]]:
    """Round times within an axis with their names in UTC: to the minute, or the day where they are days apart."""
    span = axis.most - axis.least
    step = next((one for one in _STEPS_MS if span / one <= most), _STEPS_MS[-1] * max(1, math.ceil(span / most)))
    first = math.ceil(axis.least / step) * step
    for time_ms in range(int(first), int(axis.most) + 1, int(step)):
        yield time_ms, datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%m-%d" if step >= DAY_MS else "%H:%M")


def values(axis: Axis, most: int = 4) -> Iterator[float]:
    """Round values within an axis: 1, 2 or 5 times a power of ten apart."""
    rough = (axis.most - axis.least) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
    for number in range(math.ceil(axis.least / step), math.floor(axis.most / step) + 1):
        yield number * step
