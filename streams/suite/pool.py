"""All cases together: their accounts numbered, their days kept apart, what each detector says of them judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.ticks import DAY_MS, HOUR_MS, Ints
from streams.enforcement.policy.rungs import RESTRICTIONS
from streams.history.intervals import Floats
from streams.history.judging import GRACE_MS, caught
from streams.suite import baselines, used
from streams.suite.ranking import TOUCHES
from streams.suite.running import BY, Ran

OURS = "tipstaff"
_DAYS_APART = 1_000_000


@dataclass(frozen=True, eq=False)
class Pool:
    """accounts: number, case, account_id, guilty, calm, sham, victim, days (24 h from the case's begin with an event),
    a row each; unlabelled accounts are in none of it: nobody knows what they are.

    lines: a row each guilty label: number, name, clause, minutes (to its first alert of that clause; infinite: none),
    by_… for each of BY (whether such a one caught it; a model's of any clause, as it knows none), and MEASURES before
    and after. touches: as TOUCHES by detector. raised: by each of BY, how many alerts name each account,
    float64[accounts]. restricted: by whether there were budgets and by rung, how often each account was,
    float64[accounts].
    """

    accounts: pl.DataFrame
    lines: pl.DataFrame
    touches: Mapping[str, pl.DataFrame]
    raised: Mapping[str, Floats]
    restricted: Mapping[tuple[bool, str], Floats]

    @property
    def guilty(self) -> Floats:
        """1.0 for guilty accounts; float64[accounts]."""
        found: Floats = self.accounts["guilty"].to_numpy().astype(np.float64)
        return found

    @property
    def strata(self) -> Ints:
        """1 for guilty accounts, 0 for honest ones."""
        return self.guilty.astype(np.int64)

    @property
    def honest_days(self) -> Floats:
        """Account-days of honest accounts; float64[accounts]."""
        days: Floats = self.accounts["days"].to_numpy().astype(np.float64)
        return days * (1 - self.guilty)

    def scores(self, detector: str) -> Floats:
        """The highest score of each account, −1 where it has none; float64[accounts]."""
        found = np.full(self.accounts.height, -1.0)
        rows = self.touches[detector]
        np.maximum.at(found, rows["account"].to_numpy(), rows["score"].to_numpy())
        return found


def pooled(runs: Sequence[Ran], seed: int) -> Pool:
    """The pool of some runs; seed: of the forest baseline."""
    accounts = pl.concat([_accounts(number, one) for number, one in enumerate(runs)])
    accounts = accounts.with_row_index("number").cast({"number": pl.Int64})
    lines = [_lines(one, accounts.filter(case=number)) for number, one in enumerate(runs)]
    touches: dict[str, list[pl.DataFrame]] = {}
    for number, one in enumerate(runs):
        for name, scored in _detectors(one, seed).items():
            rows = _touches(one, scored, accounts.filter(case=number), number)
            touches.setdefault(name, []).append(rows)
    restricted = {(budgets, rung): _restricted(runs, accounts, budgets, rung)
                  for budgets in (True, False) for rung in RESTRICTIONS}  # fmt: skip
    raised = {by: _counted(accounts, [one.alerts.filter(by=by) for one in runs]) for by in BY}
    touched = {name: pl.concat(parts) for name, parts in touches.items()}
    return Pool(accounts, pl.concat(lines), touched, raised, restricted)


def _detectors(one: Ran, seed: int) -> dict[str, pl.DataFrame]:
    begin = one.case.begin_ms
    return {
        OURS: baselines.of_alerts(one.alerts, begin),
        "published rules": baselines.of_alerts(one.published, begin),
        "requests of the day": baselines.by_volume(one.hours, "n_inference", begin),
        "GPU time of the day": baselines.by_volume(one.hours, "gpu_hours", begin),
        "forest on hourly counts": baselines.by_forest(one.hours, begin, seed),
    }


def _accounts(number: int, one: Ran) -> pl.DataFrame:
    """Labelled accounts that have events."""
    labels = one.case.labels.group_by("account_id").agg(
        guilty=pl.col("clause").is_not_null().any(), victim=pl.col("victim").any()
    )
    days = one.hours.group_by("account_id").agg(
        days=((pl.col("hour") * HOUR_MS - one.case.begin_ms) // DAY_MS).clip(0).n_unique().cast(pl.Int64)
    )
    sham, calm = (pl.col("account_id").is_in(some.implode()) for some in (one.case.sham, one.case.calm))
    return labels.join(days, on="account_id").sort("account_id").with_columns(sham=sham, calm=calm, case=pl.lit(number))


def _lines(one: Ran, accounts: pl.DataFrame) -> pl.DataFrame:
    guilty = one.case.labels.filter(pl.col("clause").is_not_null()).join(
        accounts.select("account_id", "number"), on="account_id"
    )
    firsts = caught(one.case.labels, one.alerts).group_by("line").agg(pl.col("time").min())
    damage = used.parted(one.within, guilty.select("line").join(firsts, on="line", how="left"))
    known = guilty.join(firsts, on="line", how="left").join(damage, on="line", how="left").sort("line")
    minutes = ((pl.col("time") - pl.col("start")) / 60_000).fill_null(float("inf"))
    measures = [f"{one}_{when}" for one in used.MEASURES for when in ("before", "after")]
    by = {f"by_{by}": pl.col("line").is_in(_caught_by(one, by).implode()) for by in BY}
    return known.select("number", "name", "clause", minutes=minutes.cast(pl.Float64), **by,
                        **{name: pl.col(name).fill_null(0).cast(pl.Float64) for name in measures})  # fmt: skip


def _caught_by(one: Ran, by: str) -> pl.Series:
    """Numbers of the labels that alerts of one sort catch."""
    alerts, labels = one.alerts.filter(by=by), one.case.labels
    if by == "model":
        clauses = labels.filter(pl.col("clause").is_not_null()).select("account_id", "clause").unique()
        alerts = alerts.drop("clause").join(clauses, on="account_id")
    return caught(labels, alerts)["line"].unique()


def _touches(one: Ran, scored: pl.DataFrame, accounts: pl.DataFrame, number: int) -> pl.DataFrame:
    """Scored rows of labelled accounts. Right: while it was said that day there was a breach, or one at most 24 h ago,
    of any clause, since baselines know none.
    """
    known = scored.join(accounts.select("account_id", account="number"), on="account_id")
    guilty = one.case.labels.filter(pl.col("clause").is_not_null()).select("account_id", "start", "end")
    pairs = known.select("account", "account_id", "day", "time", "last").join(guilty, on="account_id")
    right = pairs.filter(pl.col("last") >= pl.col("start"), pl.col("time") <= pl.col("end") + GRACE_MS)
    marks = right.select("account", "day").unique().with_columns(right=pl.lit(True))
    rows = known.join(marks, on=["account", "day"], how="left").with_columns(
        pl.col("right").fill_null(False), day=pl.col("day") + number * _DAYS_APART
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in TOUCHES.items())


def _restricted(runs: Sequence[Ran], accounts: pl.DataFrame, budgets: bool, rung: str) -> Floats:
    return _counted(accounts, [one.restricted[budgets].filter(rung=rung) for one in runs])


def _counted(accounts: pl.DataFrame, of_runs: Sequence[pl.DataFrame]) -> Floats:
    """How many rows there are of each account; of_runs: with account_id, a frame a case."""
    counts = [rows.group_by("account_id").len("times").with_columns(case=pl.lit(number))
              for number, rows in enumerate(of_runs)]  # fmt: skip
    joined = accounts.join(pl.concat(counts), on=["case", "account_id"], how="left", maintain_order="left")
    found: Floats = joined["times"].fill_null(0).to_numpy().astype(np.float64)
    return found
