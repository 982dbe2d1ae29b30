"""A threshold for every ranking, fixed on honest accounts of the first part, and what it is worth in the second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from streams.history.intervals import Floats, Interval, garwood, wilson
from streams.history.scoring import PER_DAYS
from streams.suite.bootstrap import Figure, intervals
from streams.suite.metrics import Ratio
from streams.suite.pool import Pool

FALSE_SHARE = 0.005
"""Of honest account-days, how many may be above a threshold: the p-value that models.yaml declares, for all alike."""


def fixed(pool: Pool) -> dict[str, float]:
    """For each ranking the least score that at most FALSE_SHARE of the account-days of a pool of honest ones reach.

    None are reached where scores are so equal that any score is too many's: infinite.
    """
    allowed = int(pool.honest_days.sum() * FALSE_SHARE)
    return {name: _least(touches["score"].to_numpy(), allowed) for name, touches in pool.touches.items()}


def _least(scores: Floats, allowed: int) -> float:
    """Above the highest of the scores that would be one too many."""
    if len(scores) <= allowed:
        return 0.0
    first_too_many = float(np.sort(scores)[::-1][allowed])
    return float(np.nextafter(first_too_many, np.inf))


def judged(pool: Pool, thresholds: Mapping[str, float], seed: int) -> dict[str, dict[str, object]]:
    """Of each ranking with its threshold: recall of guilty accounts, and false ones per PER_DAYS account-days of honest
    ones, with bootstrap intervals over accounts.
    """
    figures = {f"{name}/{what}": figure for name, least in thresholds.items() if name in pool.touches
               for what, figure in _figures(pool, name, least)}  # fmt: skip
    found = intervals(figures, pool.strata, seed)
    once = np.ones((1, pool.accounts.height))
    told: dict[str, dict[str, object]] = {}
    for called, figure in figures.items():
        name, what = called.rsplit("/", 1)
        value = float(figure(once)[0])
        told.setdefault(name, {"threshold": _finite(thresholds[name])})[what] = {
            "value": value, "interval_95": _exact(pool, what, value) or found[called]}  # fmt: skip
    return told


def _exact(pool: Pool, what: str, value: float) -> Interval | None:
    """Where all accounts agree a bootstrap would conclude that nothing else can be."""
    guilty, days = int(pool.guilty.sum()), float(pool.honest_days.sum())
    if what == "recall" and guilty and value in (0.0, 1.0):
        return wilson(round(value * guilty), guilty)
    return (0.0, garwood(0)[1] * PER_DAYS / days) if what == "false" and days and value == 0 else None


def _figures(pool: Pool, name: str, least: float) -> Iterator[tuple[str, Figure]]:
    above = pool.touches[name].filter(pl.col("score") >= least)
    right = np.zeros(pool.accounts.height)
    right[above.filter("right")["account"].to_numpy()] = 1.0
    wrong = np.bincount(above["account"].to_numpy(), minlength=pool.accounts.height).astype(np.float64)
    yield "recall", Ratio(right * pool.guilty, pool.guilty)
    yield "false", Ratio(wrong * (1 - pool.guilty), pool.honest_days, PER_DAYS)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
