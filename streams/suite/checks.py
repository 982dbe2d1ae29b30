"""Whether the suite can be believed: sham injections score like untouched accounts, shuffled labels like chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.history.intervals import Floats, Interval

Bools = npt.NDArray[np.bool_]

COVERAGE = 0.999
"""Of the intervals here: a sound suite is called off once in a thousand checks, not once in twenty."""

_SHUFFLES, _CELLS = 2_000, 1_000_000


@dataclass(frozen=True)
class Check:
    """A figure, and between what bounds it lies by chance alone; None: there was nothing to check it by."""

    name: str
    value: float | None
    bounds: Interval | None
    about: str

    @property
    def passed(self) -> bool | None:
        """Whether it lies there; None where nothing was checked."""
        if self.value is None or self.bounds is None:
            return None
        low, high = self.bounds
        return low - 1e-9 <= self.value <= high + 1e-9


def alike(name: str, values: Floats, sham: Bools, seed: int) -> Check:
    """The mean of sham accounts less that of the untouched, beside what drawing the sham ones by lot again gives.

    values: of honest accounts alone, float64[n]; sham: bool[n]. A permutation test.
    """
    about = "mean of sham injections less mean of untouched honest accounts"
    if not sham.any() or sham.all():
        return Check(name, None, None, about)
    drawn = np.concatenate(list(_differences(values, sham, np.random.default_rng([seed, 2]))))
    return Check(name, float(values[sham].mean() - values[~sham].mean()), _middle(drawn), about)


def _differences(values: Floats, sham: Bools, rng: np.random.Generator) -> Iterator[Floats]:
    at_once, count = max(1, _CELLS // len(values)), int(sham.sum())
    for begun in range(0, _SHUFFLES, at_once):
        rows = np.tile(values, (min(at_once, _SHUFFLES - begun), 1))
        sums = rng.permuted(rows, axis=1)[:, :count].sum(axis=1)
        yield sums / count - (values.sum() - sums) / (len(values) - count)


def near_chance(name: str, figure: Callable[[Floats], float], guilty: Floats, seed: int, shuffles: int = 400) -> Check:
    """The prevalence, beside what average precision is once labels are dealt out anew.

    figure: average precision given who is guilty (float64[accounts]). A ranking that knows no label gets about the
    prevalence; one that does, by whatever way, lies above it.
    """
    about = "prevalence, beside average precision with labels dealt out anew"
    if not 0 < guilty.sum() < len(guilty):
        return Check(name, None, None, about)
    rng = np.random.default_rng([seed, 3])
    found = np.array([figure(rng.permutation(guilty)) for _ in range(shuffles)])
    return Check(name, float(guilty.mean()), _middle(found), about)


def _middle(values: Floats) -> Interval:
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
