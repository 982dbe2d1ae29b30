"""Figures over accounts as functions of how often each account counts; nothing here reads or draws anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.ticks import Ints
from streams.history.intervals import Floats


def point(figure: Ratio | Quantile | AveragePrecision, accounts: int) -> float:
    """The figure with every account once."""
    return float(figure(np.ones((1, accounts)))[0])


@dataclass(frozen=True, eq=False)
class Ratio:
    """Σ over / Σ under, both float64[accounts], times `scale`: recall, alerts a day, damage an account."""

    over: Floats
    under: Floats
    scale: float = 1.0

    def __call__(self, weights: Floats) -> Floats:
        """float64[draws, accounts] → float64[draws]; NaN where there is nothing to divide by."""
        return _divided(weights @ self.over, weights @ self.under) * self.scale


@dataclass(frozen=True, eq=False)
class Quantile:
    """The least time by which a share (0–1) of some accounts' waiting has ended.

    times: float64[n], infinite where it never did: what is censored counts as later than everything; accounts: whose
    each is. The result is infinite where the share is not reached.
    """

    times: Floats
    accounts: Ints
    share: float

    def __call__(self, weights: Floats) -> Floats:
        """float64[draws, accounts] → float64[draws]; NaN where none of these accounts was drawn."""
        if not len(self.times):
            return np.full(len(weights), np.nan)
        order = np.argsort(self.times, kind="stable")
        sums = weights[:, self.accounts[order]].cumsum(axis=1)
        # In whole thousandths: a share of 0.9 of 10 is 9, whatever 0.9 is in binary.
        enough = sums * 1_000 >= sums[:, -1:] * round(self.share * 1_000)
        found: Floats = self.times[order][enough.argmax(axis=1)]
        return np.where(sums[:, -1] > 0, found, np.nan)


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """Σ (recallₙ − recallₙ₋₁) · precisionₙ over descending scores, as in scikit-learn; equal scores are one step.

    scores: float64[accounts]; guilty: bool[accounts] as float64; each: float64[accounts], what one account stands for.
    """

    scores: Floats
    guilty: Floats
    each: Floats

    def __call__(self, weights: Floats) -> Floats:
        """float64[draws, accounts] → float64[draws], 0–1; NaN where nobody is guilty."""
        order = np.argsort(-self.scores, kind="stable")
        ordered = self.scores[order]
        last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
        counted = (weights * self.each)[:, order]
        right = (counted * self.guilty[order]).cumsum(axis=1)[:, last]
        all_so_far = counted.cumsum(axis=1)[:, last]
        gained = np.diff(right, axis=1, prepend=0.0)
        precision = np.divide(right, all_so_far, out=np.zeros_like(right), where=all_so_far > 0)
        return _divided((gained * precision).sum(axis=1), right[:, -1])


def _divided(over: Floats, under: Floats) -> Floats:
    found: Floats = np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0)
    return found
