"""Shares, rates and times with their intervals, in words."""

from __future__ import annotations

import math

from streams.history.scoring import Delay, Rate, Share
from streams.quantities import span

NONE = "—"
"""Where there is nothing to measure by."""


def share(one: Share | None) -> str:
    """A share in words: 80 % (49 to 94 %)."""
    if one is None:
        return NONE
    low, high = one.interval
    return f"{one.value * 100:.3g} % ({low * 100:.3g} to {high * 100:.3g} %)"


def rate(one: Rate | None) -> str:
    """A rate in words; none at all is told by its upper bound: 0 (at most 7.1)."""
    if one is None:
        return NONE
    low, high = one.interval
    return f"0 (at most {high:,.3g})" if not one.count else f"{one.value:,.3g} ({low:,.3g} to {high:,.3g})"


def delay(one: Delay | None) -> str:
    """A time in words: 5 min (2 min to not reached)."""
    if one is None:
        return NONE
    told = _ms(one.ms)
    return f"{told} ({_ms(one.interval[0])} to {_ms(one.interval[1])})" if one.interval else told


def _ms(ms: float) -> str:
    if not math.isfinite(ms):
        return "not reached"
    return span(round(ms)) if ms >= 1_000 else "at once"
