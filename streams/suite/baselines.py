"""What ours is set beside, each as accounts ranked by day: volume, published rules, a forest on raw hourly counts."""

from __future__ import annotations

import numpy as np
import polars as pl

from detectors.alert import SEVERITIES
from detectors.anomaly.growing import grow
from features.ticks import DAY_MS, HOUR_MS
from streams.suite.used import KINDS

SCORED: dict[str, pl.DataType] = {
    "account_id": pl.String(), "day": pl.Int64(), "score": pl.Float64(), "time": pl.Int64(), "last": pl.Int64(),
}  # fmt: skip
"""A row for each account and day (since the case's begin): how high it ranks, when that is known, and until when of
that day it is said, ms."""

_NOT_OWN = ("link", "model")
_FEWEST = 2
"""Rows that a forest needs."""


def of_alerts(alerts: pl.DataFrame, begin_ms: int) -> pl.DataFrame:
    """Accounts with alerts (as SIGNALLED), as SCORED: by severity, then by how many kinds of own evidence there are.

    What an account shares with others (link) and a model's word never count as own.
    """
    rows = alerts.with_columns(
        day=((pl.col("time") - begin_ms) // DAY_MS).clip(0),
        rank=pl.col("severity").replace_strict(list(SEVERITIES), range(len(SEVERITIES)), return_dtype=pl.Float64),
    )
    own = pl.col("signals").explode(empty_as_null=True)
    kinds = own.filter(~own.is_in(_NOT_OWN)).n_unique()
    found = rows.group_by("account_id", "day").agg(score=pl.col("rank").max() * 100 + kinds, time=pl.col("time").min(),
                                                   last=pl.col("last").max())  # fmt: skip
    ends = begin_ms + (pl.col("day") + 1) * DAY_MS
    return _as_scored(found.with_columns(last=pl.min_horizontal("last", ends)))


def by_volume(hours: pl.DataFrame, column: str, begin_ms: int) -> pl.DataFrame:
    """Accounts by what they used of one column in a day, known at the day's end; those that used none are left out."""
    days = hours.group_by("account_id", day=_day(begin_ms)).agg(score=pl.col(column).sum().cast(pl.Float64))
    return _as_scored(days.filter(pl.col("score") > 0).with_columns(time=begin_ms + (pl.col("day") + 1) * DAY_MS))


def by_forest(hours: pl.DataFrame, begin_ms: int, seed: int) -> pl.DataFrame:
    """Accounts by their most isolated hour of the day, in logarithms of counts by event type, known as it ends.

    The forest is grown on all of these hours, the guilty ones among them: as it is used where there are no labels.
    """
    counts = np.log1p(hours.select(f"n_{kind}" for kind in KINDS).to_numpy().astype(np.float64))
    if len(counts) < _FEWEST:
        return pl.DataFrame(schema=SCORED)
    rows = hours.select("account_id", "hour", day=_day(begin_ms), score=grow(counts, seed).scores(counts))
    best = rows.sort("score", "hour", descending=[True, False]).unique(["account_id", "day"], keep="first")
    return _as_scored(best.with_columns(time=(pl.col("hour") + 1) * HOUR_MS))


def _day(begin_ms: int) -> pl.Expr:
    """Since the begin; what is told of the time before belongs to the first day."""
    return ((pl.col("hour") * HOUR_MS - begin_ms) // DAY_MS).clip(0)


def _as_scored(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows if "last" in rows.columns else rows.with_columns(last="time")
    return rows.select(pl.col(name).cast(kind) for name, kind in SCORED.items()).sort("day", "account_id")
