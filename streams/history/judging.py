"""Which alerts are right, wrong or of nobody known, by labels."""

from __future__ import annotations

import polars as pl

from features.ticks import DAY_MS

GRACE_MS = DAY_MS
"""An alert this long after a label's end still catches it: windows look back."""

LABELS: dict[str, pl.DataType] = {
    "account_id": pl.String(), "clause": pl.String(), "start": pl.Int64(), "end": pl.Int64(),
    "workload_id": pl.String(), "line": pl.Int64(),
}  # fmt: skip
"""Labels: clause null for an account known to be honest from start to end (ms); line: where it stands, from 1."""

ALERTS: dict[str, pl.DataType] = {
    "id": pl.String(), "account_id": pl.String(), "clause": pl.String(), "detector": pl.String(),
    "severity": pl.String(), "kind": pl.String(), "entity_id": pl.String(), "time": pl.Int64(),
    "last": pl.Int64(),
}  # fmt: skip
"""Alerts, a row for each account that one names: time (ms) and severity of the first revision that names it.

An alert about anything but a cluster names one account, and last is its time. A cluster's is right or wrong of each
account by itself, and speaks of it until the last revision that names it: whoever only signs up for a farm is in its
cluster before doing anything.
"""


def judged(labels: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    """The alerts with `verdict` (right, wrong, or null: nobody knows) and `honest` (raised on an honest account).

    Right: it catches a label. Wrong: its account is labelled, and it catches none; on an honest account it must lie
    within that label's span, since nobody knows what was outside.
    """
    rows = alerts.with_row_index("alert")
    right = caught(labels, rows)["alert"].unique()
    honest = _honest(labels, rows)["alert"].unique()
    guilty = labels.filter(pl.col("clause").is_not_null())["account_id"].unique()
    is_right, on_honest = pl.col("alert").is_in(right.implode()), pl.col("alert").is_in(honest.implode())
    is_wrong = on_honest | pl.col("account_id").is_in(guilty.implode())
    verdict = pl.when(is_right).then(pl.lit("right")).when(is_wrong).then(pl.lit("wrong"))
    return rows.with_columns(verdict=verdict, honest=on_honest & ~is_right).drop("alert")


def caught(labels: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    """Pairs of an alert and a label that it catches: same account and clause, raised in [start, end + 24 h].

    Where the label names a workload, an alert about a workload must be about that one. A cluster's that named the
    account before the start, and still does then, catches it at the start: time is when.
    """
    guilty = labels.filter(pl.col("clause").is_not_null()).rename({"workload_id": "named"})
    pairs = alerts.join(guilty, on=["account_id", "clause"], how="inner")
    elsewhere = (pl.col("kind") == "workload") & (pl.col("entity_id") != pl.col("named"))
    in_time = (pl.col("last") >= pl.col("start")) & (pl.col("time") <= pl.col("end") + GRACE_MS)
    found = pairs.filter(in_time & ~elsewhere.fill_null(False))
    return found.with_columns(time=pl.max_horizontal("time", "start"))


def _honest(labels: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    spans = labels.filter(pl.col("clause").is_null()).select("account_id", "start", "end")
    pairs = alerts.join(spans, on="account_id", how="inner")
    return pairs.filter(pl.col("last") >= pl.col("start"), pl.col("time") <= pl.col("end"))
