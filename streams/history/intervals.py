"""95 % intervals: shares (Wilson), counts of rare events (Garwood, exact), quantiles of waiting times (bootstrap)."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from features.ticks import Ints

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]

COVERAGE = 0.95
"""Of all intervals here."""

FEWEST = 5
"""Fewer accounts than this give a quantile no interval: drawn again they'd say no more than themselves."""

_TAIL = (1 - COVERAGE) / 2
_Z = NormalDist().inv_cdf(1 - _TAIL)
_DRAWS, _AT_ONCE, _SEED = 1_000, 100, 7


def wilson(k: int, n: int) -> Interval:
    """Bounds of the share k / n, n > 0."""
    share, z2 = k / n, _Z**2 / n
    middle, reach = share + z2 / 2, _Z * math.sqrt(share * (1 - share) / n + z2 / n / 4)
    # At the ends rounding would leave a hair that nobody observed.
    low = 0.0 if k == 0 else (middle - reach) / (1 + z2)
    return low, 1.0 if k == n else (middle + reach) / (1 + z2)


def garwood(count: int) -> Interval:
    """Bounds of the mean of a Poisson count; for none at all, 0 and 3.69.

    They are chi-square quantiles of 2 · count and 2 · count + 2 degrees of freedom, halved.
    """
    low = half_chi_square(_TAIL, count) if count else 0.0
    return low, half_chi_square(1 - _TAIL, count + 1)


def half_chi_square(p: float, m: int) -> float:
    """Half of the chi-square quantile at p of 2 · m degrees of freedom, m ≥ 1.

    It is the mean at which a Poisson count is m or more with probability p.
    """
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, m, dtype=np.float64)))))
    low, high = 0.0, m + 10 * math.sqrt(m) + 10
    while (middle := (low + high) / 2) not in (low, high):
        if _fewer(middle, logs) > 1 - p:
            low = middle
        else:
            high = middle
    return low


def _fewer(mean: float, log_factorials: Floats) -> float:
    """The probability of fewer events than there are factorials."""
    counts = np.arange(len(log_factorials))
    return float(np.exp(counts * math.log(mean) - mean - log_factorials).sum())


def reached(times: Floats, share: float, weights: Ints | None = None) -> float:
    """The least time by which a share of all has happened; infinite where it has not. times: ascending."""
    counts = np.ones((1, len(times)), np.int64) if weights is None else weights
    return float(_reached(times, share, counts)[0])


def bootstrap(times: Floats, accounts: Ints, share: float) -> Interval | None:
    """Bounds of `reached`, accounts drawn anew with all their times; None for too few accounts.

    times: ascending, infinite where nothing happened; accounts: a code from 0 for each.
    """
    height = int(accounts.max()) + 1 if len(accounts) else 0
    if height < FEWEST:
        return None
    rng = np.random.default_rng(_SEED)
    even = np.full(height, 1 / height)
    found = [_reached(times, share, rng.multinomial(height, even, _AT_ONCE)[:, accounts])
             for _ in range(_DRAWS // _AT_ONCE)]  # fmt: skip
    ordered = np.sort(np.concatenate(found))
    return float(ordered[int(_DRAWS * _TAIL)]), float(ordered[_DRAWS - 1 - int(_DRAWS * _TAIL)])


def _reached(times: Floats, share: float, weights: npt.NDArray[np.int64]) -> Floats:
    """`reached` for each row of weights."""
    sums = weights.cumsum(axis=1)
    # In integers: a share of 0.9 of 10 is 9, whatever 0.9 is in binary.
    enough = sums * 1_000 >= sums[:, -1:] * round(share * 1_000)
    found: Floats = times[enough.argmax(axis=1)]
    return found
