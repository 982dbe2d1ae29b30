"""A stream of simulated events in its own time."""

from __future__ import annotations

import polars as pl
import pytest

from streams.simulator.pacing import paced


class Clock:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_events_come_in_their_time(speed: float) -> None:
    """No event comes before its time, and none much later than a beat after it."""
    clock, arrivals = Clock(), [0, 10, 900, 901, 30_000, 61_000, 61_001, 240_000]
    parts = [pl.DataFrame({"arrival": arrivals[:4]}), pl.DataFrame({"arrival": arrivals[4:]})]
    came = [(at, clock.now - 100.0) for part in paced(parts, speed, clock.read, clock.pause) for at in part["arrival"]]
    assert [at for at, _ in came] == arrivals
    assert all(-0.26 <= now - at / 1000 / speed <= 0.001 for at, now in came)


def test_nothing_is_nothing() -> None:
    """Parts without events take no time."""
    clock = Clock()
    assert (
        list(paced([pl.DataFrame({"arrival": []}, schema={"arrival": pl.Int64})], 1.0, clock.read, clock.pause)) == []
    )
    assert clock.now == 100.0
