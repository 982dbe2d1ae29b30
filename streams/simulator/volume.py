"""How busy people must be for a cloud to make as many events as it is asked for: measured, then solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streams.simulator.draw import DAY, HOUR, MINUTE
from streams.simulator.population import Population, populate
from streams.simulator.tenants import Setting

_MEASURED, _FEW = 3_000, 30_000  # accounts
_PARTS = 36
_LENGTH = 10 * MINUTE
_SLOWEST, _HALVINGS = 0.001, 30


@dataclass(frozen=True)
class Volume:
    """Events a day: of people at a pace of 1; of each steady kind, all of it and the fewest; of campaigns."""

    people: float
    steady: Sequence[tuple[float, float]]
    campaigns: float

    def at(self, pace: float) -> float:
        """Events a day at a pace: below 1, there are fewer of the steady kinds too."""
        steady = sum(max(least, min(pace, 1.0) * most) for most, least in self.steady)
        return self.campaigns + pace * self.people + steady


def natural(seed: int, setting: Setting, share: float) -> Volume:
    """What a cloud makes of itself: measured on some thousand of its accounts, and on all its campaigns."""
    few = Setting(setting.span, min(setting.accounts, _MEASURED))
    sample = populate(seed, few, 0.0)
    least = populate(seed, Setting(setting.span, setting.accounts, 0.0), share, steady=0.0)
    larger = setting.accounts / few.accounts
    people = _a_day(sample, few, range(sample.steady, len(sample.actors))) * larger
    steady = [(_a_day(sample, few, [index]) * larger, _a_day(least, setting, [index])) for index in range(least.steady)]
    # Of few campaigns, too much may fall between the parts.
    at_once = 2 * HOUR if setting.accounts < _FEW else _LENGTH
    return Volume(people, steady, _a_day(least, setting, [index for index, _ in least.guilty()], at_once))


def pace(volume: Volume, asked: float) -> float:
    """The pace of people for so many events a day.

    Raises ValueError where campaigns and the fewest steady accounts alone make more.
    """
    if volume.at(_SLOWEST) > asked:
        raise ValueError(f"campaigns and one of each machine alone make about {volume.at(0):,.0f} events a day, but "
                         f"{asked:,.0f} are asked for: ask for more, or for a lower share of abuse")  # fmt: skip
    if volume.at(1.0) <= asked:
        return 1 + (asked - volume.at(1.0)) / volume.people
    low, high = _SLOWEST, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if volume.at(middle) < asked else (low, middle)
    return high


def _a_day(population: Population, setting: Setting, actors: Sequence[int], at_once: int = _LENGTH) -> float:
    """Events a day of these actors, from parts spread over the run, of so many ms at most."""
    begin, end = setting.span
    step = max((end - begin) // _PARTS, _LENGTH)
    spans = [(at, min(at + min(step, at_once), end)) for at in range(begin, end, step)]
    found = sum(len(batch.time) for number, span in enumerate(spans) for index in actors
                for batch in population.batches(index, span, number))  # fmt: skip
    return found * DAY / sum(last - first for first, last in spans)
