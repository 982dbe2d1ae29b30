"""A report of scores in tables, or as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from features.ticks import HOUR_MS
from streams.cli.score_words import NONE, delay, rate, share
from streams.cli.screen import as_json, out, table
from streams.history.exposure import Exposure
from streams.history.intervals import FEWEST
from streams.history.judging import GRACE_MS
from streams.history.scoring import PER_DAYS, Delay, Rate, Report, Score, Share


@dataclass(frozen=True)
class Basis:
    """What a report rests on. days, unlabelled: None where no events were read."""

    pack: str
    severity: str
    guilty: int
    honest: int
    labels: int
    days: int | None
    unlabelled: int | None

    @classmethod
    def of(cls, labels: pl.DataFrame, pack: str, severity: str, seen: Exposure | None) -> Basis:
        """Of these labels, and of the accounts that there were."""
        guilty = labels.drop_nulls("clause")["account_id"].n_unique()
        honest = labels.filter(pl.col("clause").is_null())["account_id"].n_unique()
        days, unlabelled = (None, None) if seen is None else (seen.days, seen.unlabelled)
        return cls(pack, severity, guilty, honest, labels.height, days, unlabelled)


def tell(report: Report, basis: Basis, json: bool) -> None:
    """Print a report."""
    if json:
        return as_json(document(report, basis))
    for line in _basis(report, basis):
        out.print(line, markup=False)
    lines = list(_lines(report))
    table("\nwhat was caught", ["", "caught>", "recall, 95 %", "median time, 95 %", "p90 time, 95 %"],
          [(name, *_caught(one)) for name, one in lines])  # fmt: skip
    columns = ["", "right>", "precision, 95 %", "false alerts>", f"per {PER_DAYS:,} account-days, 95 %", "of severity"]
    table("\nwhat was wrong", columns, [(name, *_wrong(one)) for name, one in lines])
    out.print(f"\n{NONE}: nothing to measure it by. A time without an interval is of fewer than {FEWEST} accounts. "
              "A rule has 0 false alerts also where no event is of the kind that it reads.", markup=False)  # fmt: skip
    return None


def _basis(report: Report, basis: Basis) -> Iterator[str]:
    yield f"pack {basis.pack}, alerts of severity {basis.severity} and above"
    yield (f"{basis.labels:,} labels: {basis.guilty:,} accounts that broke a clause, {basis.honest:,} known to be "
           f"honest for some time")  # fmt: skip
    if basis.days is None:
        yield "no events were read: account-days, and so the rate of false alerts, are unknown"
    else:
        yield f"{basis.days:,} account-days of honest accounts (24 h from the label's start, with an event)"
        yield f"{basis.unlabelled:,} accounts have events and no label: unknown, they count neither way"
    yield f"{report.unknown:,} accounts have alerts that no label judges"
    yield (f"an alert catches a label of its account and clause if raised from its start to {GRACE_MS // HOUR_MS} h "
           f"after its end; a cluster's counts once for each account that it names")  # fmt: skip


def _lines(report: Report) -> Iterator[tuple[str, Score]]:
    yield "overall", report.overall
    yield from ((f"clause {clause}", one) for clause, one in report.clauses.items() if _says(one))
    yield from ((f"rule {rule}", one) for rule, one in report.rules.items() if _says(one))


def _says(one: Score) -> bool:
    return one.recall is not None or one.precision is not None or bool(one.false and one.false.count)


def _caught(one: Score) -> tuple[str, ...]:
    return _of(one.recall), share(one.recall), delay(one.median), delay(one.p90)


def _wrong(one: Score) -> tuple[str, ...]:
    split = ", ".join(f"{count:,} {name}" for name, count in one.false.by_severity.items()) if one.false else ""
    return _of(one.precision), share(one.precision), f"{one.false.count:,}" if one.false else NONE, rate(
        one.false), split  # fmt: skip


def _of(one: Share | None) -> str:
    return f"{one.k:,} of {one.n:,}" if one else NONE


def document(report: Report, basis: Basis) -> dict[str, Any]:
    """A report for a program; times in ms, null where not reached."""
    return {
        "pack": basis.pack, "severity": basis.severity, "labels": basis.labels, "accounts_guilty": basis.guilty,
        "accounts_honest": basis.honest, "accounts_without_label": basis.unlabelled,
        "accounts_with_unjudged_alerts": report.unknown, "account_days": basis.days, "grace_ms": GRACE_MS,
        "overall": _score(report.overall),
        "clauses": {name: _score(one) for name, one in report.clauses.items()},
        "rules": {name: _score(one) for name, one in report.rules.items()},
    }  # fmt: skip


def _score(one: Score) -> dict[str, Any]:
    return {
        "recall": _share(one.recall), "median_time_to_detect": _delay(one.median),
        "p90_time_to_detect": _delay(one.p90), "precision": _share(one.precision), "false_alerts": _rate(one.false),
    }  # fmt: skip


def _share(one: Share | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"value": one.value, "k": one.k, "n": one.n, "interval_95": list(one.interval)}


def _rate(one: Rate | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"count": one.count, "account_days": one.days, f"per_{PER_DAYS}_account_days": one.value,
            "interval_95": list(one.interval), "by_severity": one.by_severity}  # fmt: skip


def _delay(one: Delay | None) -> dict[str, Any] | None:
    if one is None:
        return None
    interval = None if one.interval is None else [_finite(bound) for bound in one.interval]
    return {"ms": _finite(one.ms), "reached": math.isfinite(one.ms), "interval_95_ms": interval}


def _finite(ms: float) -> float | None:
    return ms if math.isfinite(ms) else None
