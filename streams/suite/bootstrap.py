"""95 % intervals by drawing accounts anew: guilty among guilty, honest among honest, so that prevalence stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from features.ticks import Ints
from streams.history.intervals import COVERAGE, Floats, Interval

Figure = Callable[[Floats], Floats]
"""A figure for each row of how often every account counts: float64[draws, accounts] → float64[draws], NaN: none."""

_DRAWS, _CELLS = 1_000, 1_000_000


def intervals(
    figures: Mapping[str, Figure], strata: Ints, seed: int, draws: int = _DRAWS
) -> dict[str, Interval | None]:
    """Percentile bounds of each figure; strata: a code from 0 for each account. The same for the same seed."""
    found: dict[str, list[Floats]] = {name: [] for name in figures}
    for weights in drawn(strata, seed, draws):
        for name, figure in figures.items():
            found[name].append(figure(weights))
    return {name: bounds(np.concatenate(parts)) for name, parts in found.items()}


def drawn(strata: Ints, seed: int, draws: int) -> Iterator[Floats]:
    """How often each account was drawn, a block of draws at a time: float64[≤ draws, accounts]."""
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(strata == one) for one in np.unique(strata)]
    at_once = max(1, min(draws, _CELLS // max(len(strata), 1)))
    for begun in range(0, draws, at_once):
        weights = np.empty((min(at_once, draws - begun), len(strata)))
        for group in groups:
            weights[:, group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), len(weights))
        yield weights


def bounds(values: npt.NDArray[np.float64]) -> Interval | None:
    """The middle 95 % of values, infinite ones among them; None where a twentieth of them or more are undefined."""
    known = np.sort(values[~np.isnan(values)])
    if len(known) * 20 <= len(values) * 19:
        return None
    tail = int(len(known) * (1 - COVERAGE) / 2)
    return float(known[tail]), float(known[len(known) - 1 - tail])
