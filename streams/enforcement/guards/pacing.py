"""A campaign leaves piece by piece: whoever approved thousands at once can still stop most of them."""

from __future__ import annotations

from collections.abc import Iterable

from features.ticks import HOUR_MS


def paced(count: int, per_hour: int, before_ms: Iterable[int], now_ms: int) -> list[int]:
    """When each of so many actions may leave, ascending: behind those before it, at most per_hour within any hour.

    before_ms: when those of campaigns before it leave, or left.
    """
    times = sorted(one for one in before_ms if one > now_ms - HOUR_MS)
    for _ in range(count):
        free = times[-per_hour] + HOUR_MS if len(times) >= per_hour else now_ms
        times.append(max([now_ms, free, *times[-1:]]))
    return times[len(times) - count :]
