"""The first so many alerts of a day: who is among them, how many are right, how many of the guilty they reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.ticks import Ints
from streams.history.intervals import Floats

TOUCHES: dict[str, pl.DataType] = {
    "account": pl.Int64(), "day": pl.Int64(), "score": pl.Float64(), "time": pl.Int64(), "right": pl.Boolean(),
}  # fmt: skip
"""A row for each account and day with an alert. account: its number from 0; day: a number that no other case's days
have; score: what is ranked by, higher first; time: when it could be known first, ms; right: it is about a breach."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Touches in the order that people would look at them, each day by itself; arrays of n rows.

    starts: where each row's day begins; each: float64[accounts], what one account stands for.
    """

    accounts: Ints
    starts: Ints
    right: Floats
    each: Floats

    @classmethod
    def of(cls, touches: pl.DataFrame, each: Floats) -> Ranked:
        """Touches (as TOUCHES) by score, then by time, then by account: the same in whatever order they come."""
        ordered = touches.sort("day", "score", "time", "account", descending=[False, True, False, False])
        day = ordered["day"].to_numpy()
        starts = np.searchsorted(day, day)
        return cls(ordered["account"].to_numpy(), starts, ordered["right"].to_numpy().astype(np.float64), each)

    def within(self, budget: float) -> Ranked:
        """The same without what no draw of a budget (alerts a day) reaches: four times as deep is deep enough."""
        before = self._before(self.each[self.accounts][None, :])[0]
        kept = np.flatnonzero(before < 4 * budget + 1)
        starts = np.searchsorted(kept, self.starts[kept])
        return Ranked(self.accounts[kept], starts, self.right[kept], self.each)

    def taken(self, weights: Floats, budget: float) -> tuple[Floats, Floats]:
        """How much each row counts, and how much of it is among a day's first `budget`; float64[draws, n] each.

        Where an account stands for a part of one or for several, the last one taken may be taken in part.
        """
        counted = (weights * self.each)[:, self.accounts]
        return counted, np.clip(budget - self._before(counted), 0, counted)

    def _before(self, counted: Floats) -> Floats:
        """How much stands before each row on its day."""
        sums = np.concatenate((np.zeros((len(counted), 1)), counted.cumsum(axis=1)), axis=1)
        before: Floats = sums[:, :-1] - sums[:, self.starts]
        return before


@dataclass(frozen=True, eq=False)
class PrecisionAt:
    """The share (0–1) of the first `budget` alerts of each day that is right, all days together."""

    ranked: Ranked
    budget: float

    def __call__(self, weights: Floats) -> Floats:
        """float64[draws, accounts] → float64[draws]; NaN where there is no alert."""
        _, taken = self.ranked.taken(weights, self.budget)
        total = taken.sum(axis=1)
        right = (taken * self.ranked.right).sum(axis=1)
        found: Floats = np.divide(right, total, out=np.full(len(total), np.nan), where=total > 0)
        return found


@dataclass(frozen=True, eq=False)
class RecallAt:
    """The share (0–1) of guilty accounts that are rightly among the first `budget` alerts of some day.

    guilty: bool[accounts] as float64.
    """

    ranked: Ranked
    budget: float
    guilty: Floats

    def __call__(self, weights: Floats) -> Floats:
        """float64[draws, accounts] → float64[draws]; NaN where nobody is guilty."""
        counted, taken = self.ranked.taken(weights, self.budget)
        share = np.divide(taken, counted, out=np.zeros_like(taken), where=counted > 0) * self.ranked.right
        reached = np.zeros_like(weights)
        order = np.argsort(self.ranked.accounts, kind="stable")
        if len(order):
            owners, first = np.unique(self.ranked.accounts[order], return_index=True)
            reached[:, owners] = np.maximum.reduceat(share[:, order], first, axis=1)
        all_guilty = weights @ self.guilty
        caught = (weights * reached) @ self.guilty
        found: Floats = np.divide(caught, all_guilty, out=np.full(len(weights), np.nan), where=all_guilty > 0)
        return found
