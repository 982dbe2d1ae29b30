"""Events handed out as slowly as they would come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import polars as pl

_BEAT_S = 0.25


def paced(
    parts: Iterable[pl.DataFrame], speed: float, clock: Callable[[], float], pause: Callable[[float], None]
) -> Iterator[pl.DataFrame]:  # fmt: skip
    """Parts cut into quarters of a second, each handed out when its time has come.

    parts: with `arrival` (ms), in order. speed: simulated seconds a real second. clock, pause: in seconds.
    """
    begun: tuple[float, int] | None = None
    for part in parts:
        for beat in _beats(part, max(int(_BEAT_S * speed * 1000), 1)):
            arrival = int(beat["arrival"][0])
            begun = begun or (clock(), arrival)
            wait = (arrival - begun[1]) / 1000 / speed - (clock() - begun[0])
            if wait > 0:
                pause(wait)
            yield beat


def _beats(part: pl.DataFrame, length: int) -> Iterator[pl.DataFrame]:
    arrival, at = part["arrival"], 0
    while at < part.height:
        end = int(arrival.search_sorted((int(arrival[at]) // length + 1) * length))
        yield part[at:end]
        at = end
