"""The whole suite: run the cases, ask for every figure, check the suite itself; as one document."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from streams.enforcement.policy.rungs import RESTRICTIONS
from streams.history.intervals import COVERAGE, Floats
from streams.history.scoring import PER_DAYS
from streams.suite.checks import Check, alike, near_chance
from streams.suite.figures import BUDGETS, POLICIES, Answer, Name, answers
from streams.suite.metrics import AveragePrecision, point
from streams.suite.pool import OURS, Pool, pooled
from streams.suite.published import PREFIX, PUBLISHED
from streams.suite.running import BY, Ran
from streams.suite.used import MEASURES

FOREST = "forest on hourly counts"
PREVALENCES = (0.001, 0.005, 0.02)

HOW = (
    "Prevalence: honest accounts count as they are; each guilty one counts as much as makes the share guilty: what "
    "drawing some of the guilty gives on average, without its noise, and false alerts a day stay those of this cloud. "
    "Alerts a day are accounts that a person would look at that day, ranked by severity, then by kinds of own "
    "evidence, then by time; right where the account breaks any clause then, since baselines know none. Recall, time "
    "and damage are of labelled (account, clause) pairs and our alerts of that clause, whatever their rank; a "
    "cluster's alert is one about each account that it names; a model's catches nothing there, since it knows no "
    "clause: what it finds stands in a column of its own. Intervals "
    "draw accounts anew as if each acted by itself: of farms and clusters, which act as one, they are too narrow. "
    "Suspended accounts go on in the simulation: only what was decided counts. Policy is run twice: as on the first "
    "day after the shadow weeks, every rule live and nobody struck yet; and as harsh as it can be, without budgets and "
    "with a strike of a week ago on every account."
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """All answers by name, the checks, and what they rest on (JSON)."""

    about: Mapping[str, Any]
    answers: Mapping[Name, Answer]
    checks: Sequence[Check]

    @property
    def sound(self) -> bool:
        """Whether no check is off."""
        return all(one.passed is not False for one in self.checks)


def reported(runs: Sequence[Ran], about: Mapping[str, Any], prevalences: tuple[float, ...], seed: int) -> Report:
    """Everything about these runs; seed: of draws."""
    pool = pooled(runs, seed)
    return Report({**about, **_about(runs, pool)}, answers(pool, prevalences, seed), checked(pool, seed))


def checked(pool: Pool, seed: int) -> list[Check]:
    """Sham injections beside untouched honest accounts, and shuffled labels, for our alerts and the forest's scores."""
    honest = (pool.guilty == 0) & pool.accounts["calm"].to_numpy()
    sham = pool.accounts["sham"].to_numpy()[honest]
    alerted = (pool.scores(OURS)[honest] >= 0).astype(np.float64)
    found = [alike("sham injections: share with an alert", alerted, sham, seed),
             alike("sham injections: forest score", pool.scores(FOREST)[honest], sham, seed)]  # fmt: skip
    for name in (OURS, FOREST):
        found.append(near_chance(f"shuffled labels: {name}", _precision_of(pool.scores(name)), pool.guilty, seed))
    return found


def _precision_of(scores: Floats) -> Any:
    once = np.ones(len(scores))
    return lambda guilty: point(AveragePrecision(scores, guilty, once), len(scores))


def _about(runs: Sequence[Ran], pool: Pool) -> dict[str, Any]:
    counts = pool.accounts
    guilty = int(counts["guilty"].sum())
    return {
        "cases": [one.case.name for one in runs], "events": sum(one.summary.events for one in runs),
        "dead_letters": sum(one.summary.bad for one in runs), "accounts": counts.height, "guilty": guilty,
        "honest": counts.height - guilty, "sham": int(counts["sham"].sum()),
        "honest_account_days": int(pool.honest_days.sum()), "alerts": sum(one.alerts["id"].n_unique() for one in runs),
        "alerts_by": {BY[by]: sum(one.alerts.filter(by=by)["id"].n_unique() for one in runs) for by in BY},
        "restricted": {called: _restricted(runs, pool, budgets) for budgets, called in POLICIES.items()},
        "suspending": _suspending(runs), "facts_known": sum(len(one.case.facts) for one in runs),
        "accounts_without_label": _unlabelled(runs), "how": HOW,
        "published": [{"id": PREFIX + one.id, "source": one.source, "differs": one.differs} for one in PUBLISHED],
    }  # fmt: skip


def _suspending(runs: Sequence[Ran]) -> dict[str, int]:
    """How many rules a ladder may suspend on, and how many alerts of them there were."""
    alerts = [one.alerts.filter(pl.col("detector").is_in(sorted(one.may_suspend))).height for one in runs]
    return {"rules": len(set().union(*(one.may_suspend for one in runs))), "alerts": sum(alerts)}


def _restricted(runs: Sequence[Ran], pool: Pool, budgets: bool) -> dict[str, Any]:
    victims, honest = pool.accounts["victim"].to_numpy(), pool.guilty == 0
    rungs = {rung: {"all": int(counts.sum()), "of_honest": int(counts[honest].sum()),
                    "of_victims": int(counts[victims].sum())}
             for rung in RESTRICTIONS if (counts := pool.restricted[budgets, rung]).any()}  # fmt: skip
    held: dict[str, int] = {}
    for one in runs:
        for reason, count in one.held[budgets].items():
            held[reason] = held.get(reason, 0) + count
    return {"rungs": rungs, "held_back": held}


def _unlabelled(runs: Sequence[Ran]) -> int:
    return sum(int((~one.hours["account_id"].unique().is_in(one.case.labels["account_id"].unique().implode())).sum())
               for one in runs)  # fmt: skip


def document(report: Report) -> dict[str, Any]:
    """A report for a program. value null: nothing to measure it by, or `never` where it was not reached."""
    figures: dict[str, Any] = {}
    for name, one in report.answers.items():
        room = figures
        for part in name[:-1]:
            room = room.setdefault(part, {})
        room[name[-1]] = _answer(one)
    checks = [{"name": one.name, "passed": one.passed, "value": one.value, "bounds": one.bounds, "about": one.about}
              for one in report.checks]  # fmt: skip
    return {"about": dict(report.about), "coverage": COVERAGE, "alerts_a_day": list(BUDGETS),
            "damage_units": MEASURES, "false_suspensions_per_account_days": PER_DAYS, **figures, "checks": checks,
            "sound": report.sound}  # fmt: skip


def _answer(one: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"value": _finite(one.value)}
    if math.isinf(one.value):
        found["never"] = True
    if one.interval is not None:
        found |= {"interval_95": [_finite(bound) for bound in one.interval], "method": one.method}
    return found


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
