"""Every figure of the suite by name: what is asked, each answered with its interval in one pass over the draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.enforcement.policy.rungs import RESTRICTIONS, SUSPEND
from streams.history.intervals import FEWEST, Floats, Interval, garwood, wilson
from streams.history.scoring import PER_DAYS
from streams.suite.bootstrap import Figure, intervals
from streams.suite.metrics import AveragePrecision, Quantile, Ratio
from streams.suite.pool import Pool
from streams.suite.ranking import PrecisionAt, Ranked, RecallAt
from streams.suite.running import BY
from streams.suite.used import MEASURES

BUDGETS = (10, 50, 100)
"""Alerts a day that people look at."""

ALL = "all kinds"

POLICIES = {True: "as shipped", False: "no budgets, all struck before"}
"""The two runs of policy, by whether there were budgets."""

Name = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """A figure: NaN where there is nothing to measure it by, infinite where it was not reached.

    method: bootstrap over accounts; Wilson or Garwood where all accounts agree, of which a bootstrap would conclude
    that nothing else can be; None: no interval, for want of accounts.
    """

    value: float
    interval: Interval | None
    method: str | None


@dataclass(frozen=True)
class _Asked:
    """count: accounts it rests on; exact: an interval for where all of them agree."""

    figure: Figure
    count: int
    exact: tuple[str, Interval] | None = None


def answers(pool: Pool, prevalences: tuple[float, ...], seed: int) -> dict[Name, Answer]:
    """All figures: kinds/…, policy/…, and for each prevalence and detector ranked/…"""
    asked = dict([*_kinds(pool), *_false(pool), *_policy(pool)])
    for share in prevalences:
        asked.update(_ranked(pool, share))
    found = intervals({"/".join(name): one.figure for name, one in asked.items()}, pool.strata, seed)
    once = np.ones((1, pool.accounts.height))
    return {name: _answer(one, float(one.figure(once)[0]), found["/".join(name)]) for name, one in asked.items()}


def _answer(asked: _Asked, value: float, drawn: Interval | None) -> Answer:
    if asked.exact is not None:
        return Answer(value, asked.exact[1], asked.exact[0])
    return Answer(value, drawn, "bootstrap") if drawn and asked.count >= FEWEST else Answer(value, None, None)


def _kinds(pool: Pool) -> Iterator[tuple[Name, _Asked]]:
    yield from _of_kind(pool, ALL, pool.lines)
    for name in pool.lines["name"].unique().sort():
        yield from _of_kind(pool, name, pool.lines.filter(name=name))


def _of_kind(pool: Pool, name: str, lines: pl.DataFrame) -> Iterator[tuple[Name, _Asked]]:
    who, minutes = lines["number"].to_numpy(), lines["minutes"].to_numpy()
    count = len(np.unique(who))
    each, found = _summed(pool, who, np.ones(len(who))), _summed(pool, who, np.isfinite(minutes).astype(np.float64))
    yield ("kinds", name, "recall"), _recalled(found, each, count)
    for by in BY:
        theirs = _summed(pool, who, lines[f"by_{by}"].to_numpy().astype(np.float64))
        yield ("kinds", name, f"recall_by_{by}"), _recalled(theirs, each, count)
    for label, share in (("median_minutes", 0.5), ("p90_minutes", 0.9)):
        yield ("kinds", name, label), _Asked(Quantile(minutes, who, share), count)
    for measure in MEASURES:
        for when in ("before", "after"):
            amount = _summed(pool, who, lines[f"{measure}_{when}"].to_numpy())
            yield ("kinds", name, f"{measure}_{when}"), _Asked(Ratio(amount, each), count)


def _recalled(found: Floats, each: Floats, count: int) -> _Asked:
    k, n = int(found.sum()), int(each.sum())
    exact = ("wilson", wilson(k, n)) if n and (k in (0, n) or count < FEWEST) else None
    return _Asked(Ratio(found, each), count, exact)


def _false(pool: Pool) -> Iterator[tuple[Name, _Asked]]:
    """How many alerts name honest accounts, by what raised them."""
    for by, counts in pool.raised.items():
        yield ("false_alerts", BY[by], "per_account_days"), _wrong(pool, counts)


def _wrong(pool: Pool, counts: Floats) -> _Asked:
    """Of honest accounts, per PER_DAYS of their days; counts: of each account."""
    days, honest = pool.honest_days, 1 - pool.guilty
    wrong, total = counts * honest, float(days.sum())
    exact = ("garwood", (0.0, garwood(0)[1] * PER_DAYS / total)) if total and not wrong.sum() else None
    return _Asked(Ratio(wrong, days, PER_DAYS), int(honest.sum()), exact)


def _summed(pool: Pool, who: Floats, values: Floats) -> Floats:
    return np.bincount(who, weights=values, minlength=pool.accounts.height).astype(np.float64)


def _policy(pool: Pool) -> Iterator[tuple[Name, _Asked]]:
    for budgets, called in POLICIES.items():
        of_any = np.sum([pool.restricted[budgets, rung] for rung in RESTRICTIONS], axis=0)
        yield ("policy", called, "false_suspensions"), _wrong(pool, pool.restricted[budgets, SUSPEND])
        yield ("policy", called, "false_restrictions"), _wrong(pool, of_any)


def each_of(pool: Pool, prevalence: float) -> Floats:
    """What one account stands for so that a share (0–1) of all is guilty: honest ones for themselves."""
    guilty = pool.guilty
    count, others = guilty.sum(), (1 - guilty).sum()
    stands = prevalence * others / ((1 - prevalence) * count) if count else 0.0
    return np.where(guilty > 0, stands, 1.0)


def _ranked(pool: Pool, share: float) -> Iterator[tuple[Name, _Asked]]:
    each, guilty, number = each_of(pool, share), pool.guilty, pool.accounts.height
    for detector, touches in pool.touches.items():
        name = ("ranked", f"{share:g}", detector)
        whole = Ranked.of(touches, each)
        yield (*name, "average_precision"), _Asked(AveragePrecision(pool.scores(detector), guilty, each), number)
        for budget in BUDGETS:
            ranked = whole.within(budget)
            yield (*name, f"precision_at_{budget}"), _Asked(PrecisionAt(ranked, budget), number)
            yield (*name, f"recall_at_{budget}"), _Asked(RecallAt(ranked, budget, guilty), number)


def nested(found: Mapping[Name, Answer], room: str) -> dict[str, dict[str, Answer]]:
    """The figures under kinds, false_alerts or policy, by name and figure."""
    out: dict[str, dict[str, Answer]] = {}
    for name, one in found.items():
        if name[0] == room:
            out.setdefault(name[1], {})[name[-1]] = one
    return out
