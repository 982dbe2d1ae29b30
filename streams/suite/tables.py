"""A report in words: the cells of its tables, each figure with its unit and interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from streams.history.scoring import PER_DAYS
from streams.suite.checks import Check
from streams.suite.figures import ALL, BUDGETS, Answer, nested
from streams.suite.report import Report
from streams.suite.running import BY
from streams.suite.used import MEASURES

NONE = "–"


@dataclass(frozen=True)
class Sheet:
    """A table: its title, its columns (`>`: to the right), its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, ...]]


def sheets(report: Report) -> Iterator[Sheet]:
    """All tables of a report."""
    yield _caught(report)
    yield _damage(report)
    yield from _ranked(report)
    yield _false(report)
    yield _policy(report)
    yield Sheet("checks of the suite itself", ["check", "", "value>", "by chance, 99.9 %"],
                [_check(one) for one in report.checks])  # fmt: skip


def _caught(report: Report) -> Sheet:
    told = {by: name for by, name in BY.items() if by == "rule" or report.about["alerts_by"][name]}
    rows = [(name, _said(one["recall"], share), _said(one["median_minutes"], minutes),
             _said(one["p90_minutes"], minutes), *(share(one[f"recall_by_{by}"].value) for by in told))
            for name, one in _kinds(report).items()]  # fmt: skip
    columns = ["kind", "recall", "median time", "p90 time", *(f"by {name}>" for name in told.values())]
    return Sheet("caught, 95 %", columns, rows)


def _damage(report: Report) -> Sheet:
    rows = [(name, *(f"{amount(one[f'{measure}_before'].value)} / {amount(one[f'{measure}_after'].value)}"
                     for measure in MEASURES)) for name, one in _kinds(report).items()]  # fmt: skip
    columns = ["kind", *(f"{unit}>" for unit in MEASURES.values())]
    return Sheet("damage an account: until the first alert / after it", columns, rows)


def _kinds(report: Report) -> dict[str, dict[str, Answer]]:
    found = nested(report.answers, "kinds")
    return {name: found[name] for name in sorted(found, key=lambda one: (one != ALL, one))}


def _ranked(report: Report) -> Iterator[Sheet]:
    found: dict[str, dict[str, dict[str, Answer]]] = {}
    for name, one in report.answers.items():
        if name[0] == "ranked":
            found.setdefault(name[1], {}).setdefault(name[2], {})[name[3]] = one
    columns = ["detector", "average precision", *(f"right / caught at {budget} a day" for budget in BUDGETS)]
    for prevalence, detectors in found.items():
        rows = [(name, _said(of["average_precision"], share), *(
            f"{_said(of[f'precision_at_{budget}'], share)} / {_said(of[f'recall_at_{budget}'], share)}"
            for budget in BUDGETS)) for name, of in detectors.items()]  # fmt: skip
        yield Sheet(f"equal alerts a day, {float(prevalence):.3g} of accounts guilty, 95 %", columns, rows)


def _false(report: Report) -> Sheet:
    rows = [(name, f"{report.about['alerts_by'][name]:,}", _said(one["per_account_days"], amount))
            for name, one in nested(report.answers, "false_alerts").items()]  # fmt: skip
    return Sheet("false alerts", ["by", "alerts>", f"naming honest accounts per {PER_DAYS:,} account-days, 95 %"], rows)


def _policy(report: Report) -> Sheet:
    rows = []
    for name, one in nested(report.answers, "policy").items():
        of = report.about["restricted"][name]
        done = ", ".join(f"{rung} {counts['all']:,} ({counts['of_honest']:,} honest, {counts['of_victims']:,} victims)"
                         for rung, counts in of["rungs"].items())  # fmt: skip
        held = ", ".join(f"{reason} {count:,}" for reason, count in of["held_back"].items())
        rows.append((name, _said(one["false_suspensions"], amount), _said(one["false_restrictions"], amount),
                     done or "nothing", held or "nothing"))  # fmt: skip
    columns = ["policy", f"false suspensions per {PER_DAYS:,} account-days, 95 %", "false restrictions of any kind",
               "done", "held back by guards"]  # fmt: skip
    may = report.about["suspending"]
    title = (f"policy and guards, all rules live; {may['rules']:,} rules can lead to a suspension, which raised "
             f"{may['alerts']:,} alerts; facts known of {report.about['facts_known']:,} accounts, the others wait for "
             "a person")  # fmt: skip
    return Sheet(title, columns, rows)


def _check(one: Check) -> tuple[str, ...]:
    verdict = {True: "holds", False: "OFF", None: "not checked"}[one.passed]
    if one.value is None or one.bounds is None:
        return one.name, verdict, NONE, NONE
    low, high = one.bounds
    return one.name, verdict, f"{one.value:.4f}", f"{low:.4f} to {high:.4f}"


def _said(one: Answer, write: Callable[[float], str]) -> str:
    if one.interval is None:
        return write(one.value)
    return f"{write(one.value)} ({write(one.interval[0])} to {write(one.interval[1])})"


def share(value: float) -> str:
    """A share (0–1) in per cent."""
    return NONE if math.isnan(value) else f"{value * 100:.3g} %"


def minutes(value: float) -> str:
    """A waiting time in minutes; infinite: never."""
    if math.isnan(value):
        return NONE
    return "never" if math.isinf(value) else f"{value:,.1f} min"


def amount(value: float) -> str:
    """A quantity, to three figures."""
    if math.isnan(value):
        return NONE
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
