"""The study: learn and fix on one part, judge on the other, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from study.campaigns import ACCOUNTS
from study.cloud import background_files, composed, honest_case
from study.parts import Part
from study.taught import schooled
from study.thresholds import FALSE_SHARE, fixed, judged
from study.traces import background

from streams.history.intervals import wilson
from streams.history.summary import Summary
from streams.pack import Pack
from streams.settings import Settings
from streams.suite.cases import Case
from streams.suite.pool import OURS, Pool, pooled
from streams.suite.report import PREVALENCES, document, reported
from streams.suite.running import Ran, ran

Say = Callable[[str], None]


def studied(first: Part, test: Part, pack: Pack, seed: int, folder: Path, say: Say,
            accounts: int = ACCOUNTS) -> dict[str, Any]:  # fmt: skip
    """All that the study finds (JSON). accounts: of the cloud that campaigns are taken from."""
    say(f"{first.name}: learning models, fixing thresholds")
    (folder / "first").mkdir()
    early = background(first)
    files = background_files(early, folder / "first")
    lesson = schooled(pack, files, seed)
    thresholds = fixed(pooled([_run(honest_case(first, files, early, seed), pack, say)], seed))
    say(f"{test.name}: laying campaigns over it")
    (folder / "test").mkdir()
    late = background(test)
    made = composed(test, background_files(late, folder / "test"), late, pack, seed, folder / "test", accounts)
    run = _run(made.case, lesson.pack, say)
    pool = pooled([run], seed)
    about = {"pack": pack.hash, "seed": seed, "prevalences": list(PREVALENCES)}
    return {
        "parts": {"first": early.about, "test": late.about}, "laid": made.about, "homeless": made.homeless,
        "models": lesson.about,
        "false_share": FALSE_SHARE, "thresholds": judged(pool, thresholds, seed),
        "sham": _sham(pool, made.laid_honest), "rules": _rules(run, pool),
        **document(reported([run], about, PREVALENCES, seed)),
    }  # fmt: skip


def _run(case: Case, pack: Pack, say: Say) -> Ran:
    summary = Summary()
    found = ran(case, pack, Settings(), summary, lambda _: None)
    say(f"{case.name}: {summary.events:,} events, {summary.bad:,} dead letters, {found.alerts.height:,} alerts")
    return found


def _sham(pool: Pool, laid: pl.Series) -> dict[str, Any]:
    """How many honest accounts have an alert: those with something honest laid over them, and the untouched."""
    alerted = pool.scores(OURS) >= 0
    honest = pool.guilty == 0
    theirs = pool.accounts["account_id"].is_in(laid.implode()).to_numpy() & honest
    return {name: _share(int(alerted[some].sum()), int(some.sum()))
            for name, some in (("laid over", theirs), ("untouched", honest & ~theirs))}  # fmt: skip


def _share(k: int, n: int) -> dict[str, Any]:
    return {"alerted": k, "accounts": n, "interval_95": wilson(k, n) if n else None}


def _rules(run: Ran, pool: Pool) -> list[dict[str, Any]]:
    """Alerts by detector: how many, and on how many honest and guilty accounts."""
    known = pool.accounts.select("account_id", "guilty")
    rows = run.alerts.join(known, on="account_id").group_by("detector").agg(
        alerts=pl.len(), honest=pl.col("account_id").filter(~pl.col("guilty")).n_unique(),
        guilty=pl.col("account_id").filter(pl.col("guilty")).n_unique(),
    )  # fmt: skip
    return rows.sort("detector").to_dicts()
