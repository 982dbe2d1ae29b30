"""Alerts against labels: what was caught, how soon, and who was wrongly touched, each figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from detectors.alert import SEVERITIES
from streams.history.intervals import Interval, bootstrap, garwood, reached, wilson
from streams.history.judging import caught, judged

PER_DAYS = 10_000
"""Account-days that rates of false alerts are given for."""


@dataclass(frozen=True)
class Share:
    """k of n with an interval (0–1); n > 0."""

    k: int
    n: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share, 0–1."""
        return self.k / self.n


@dataclass(frozen=True)
class Rate:
    """So many alerts in so many account-days, and how many that makes in 10,000; `by_severity`: the alerts' split."""

    count: int
    days: int
    value: float
    interval: Interval
    by_severity: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Delay:
    """A quantile of the time from a label's start to its first alert, in ms; infinite: not reached.

    interval: None with too few accounts to say.
    """

    ms: float
    interval: Interval | None


@dataclass(frozen=True)
class Score:
    """One line of the report; None where there is nothing to measure it by.

    recall: labelled (account, clause) pairs that an alert caught; precision: alerted pairs that are right, of those
    judged; false: alerts on honest accounts. A cluster's alert counts for each account that it names.
    """

    recall: Share | None
    median: Delay | None
    p90: Delay | None
    precision: Share | None
    false: Rate | None


@dataclass(frozen=True)
class Report:
    """Scores overall, by clause and by rule; unknown: accounts with alerts that no label judges."""

    overall: Score
    clauses: dict[str, Score]
    rules: dict[str, Score]
    unknown: int


def score(labels: pl.DataFrame, alerts: pl.DataFrame, days: int, rules: dict[str, str]) -> Report:
    """Score alerts (as ALERTS) by labels (as LABELS). days: honest account-days; rules: each rule's clause."""
    known = judged(labels, alerts)
    hits = caught(labels, alerts).select("account_id", "clause", "detector", "time")
    clauses = sorted(set(rules.values()) | set(labels["clause"].drop_nulls()) | set(alerts["clause"]))
    detectors = dict(sorted(rules.items())) | dict(alerts.select("detector", "clause").unique().sort("detector").rows())
    of_clause = {
        one: _score(_of(labels, clause=one), _of(known, clause=one), _of(hits, clause=one), days) for one in clauses
    }
    of_rule = {
        rule: _score(_of(labels, clause=one), _of(known, detector=rule), _of(hits, detector=rule), days)
        for rule, one in detectors.items()
    }
    outside = known.filter(pl.col("verdict").is_null())["account_id"].n_unique()
    return Report(_score(labels, known, hits, days), of_clause, of_rule, outside)


def _of(frame: pl.DataFrame, **value: str) -> pl.DataFrame:
    return frame.filter(**value)


def _score(labels: pl.DataFrame, known: pl.DataFrame, hits: pl.DataFrame, days: int) -> Score:
    cases = _cases(labels, hits)
    found = int(np.isfinite(cases["ms"].to_numpy()).sum())
    recall = Share(found, cases.height, wilson(found, cases.height)) if cases.height else None
    return Score(recall, _delay(cases, 0.5), _delay(cases, 0.9), _precision(known), _false(known, days))


def _cases(labels: pl.DataFrame, hits: pl.DataFrame) -> pl.DataFrame:
    """Labelled (account, clause) pairs, and ms from their first label's start to their first hit; infinite: none."""
    pair = ["account_id", "clause"]
    labelled = labels.filter(pl.col("clause").is_not_null()).group_by(pair).agg(pl.col("start").min())
    firsts = hits.group_by(pair).agg(pl.col("time").min())
    ms = (pl.col("time") - pl.col("start")).cast(pl.Float64).fill_null(float("inf"))
    return labelled.join(firsts, on=pair, how="left").select("account_id", ms.alias("ms")).sort("ms", "account_id")


def _delay(cases: pl.DataFrame, share: float) -> Delay | None:
    if not cases.height:
        return None
    times, accounts = cases["ms"].to_numpy(), cases["account_id"].rank("dense").to_numpy().astype(np.int64) - 1
    return Delay(reached(times, share), bootstrap(times, accounts, share))


def _precision(known: pl.DataFrame) -> Share | None:
    pairs = known.drop_nulls("verdict").group_by("account_id", "clause").agg((pl.col("verdict") == "right").any())
    k, n = int(pairs["verdict"].sum()), pairs.height
    return Share(k, n, wilson(k, n)) if n else None


def _false(known: pl.DataFrame, days: int) -> Rate | None:
    if not days:
        return None
    wrong = known.filter("honest")
    each = PER_DAYS / days
    low, high = garwood(wrong.height)
    split = {one: count for one in reversed(SEVERITIES) if (count := int((wrong["severity"] == one).sum()))}
    return Rate(wrong.height, days, wrong.height * each, (low * each, high * each), split)
