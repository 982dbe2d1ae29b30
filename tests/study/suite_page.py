"""The figures of a run of the suite → docs/suite.md, between its marks; run by `make suite`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streams.suite.tables import amount, minutes, share

PAGE = Path(__file__).resolve().parents[2] / "docs" / "suite.md"
BEGIN, END = "<!-- figures: written by make suite -->", "<!-- end of figures -->"

Told = Mapping[str, Any]


def laid_in(page: str, lines: Iterator[str]) -> str:
    """The page with these lines between its marks. Raises ValueError where it has no such place."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for figures: {BEGIN} … {END}")
    return "\n".join((before + begin, "", *lines, "", end + after))


def figures(found: Told) -> Iterator[str]:
    """What a suite.json says, as Markdown."""
    about = found["about"]
    yield (f"Pack `{about['pack']}`; {', '.join(about['cases'])}; {about['events']:,} events of {about['accounts']:,} "
           f"accounts, {about['guilty']:,} guilty; {about['honest_account_days']:,} account-days of honest ones. "
           "Intervals are of 95 %.")  # fmt: skip
    yield from ("", "| kind | recall | median | p90 | by models | by clusters |", "|---|---:|---:|---:|---:|---:|")
    for name, one in found["kinds"].items():
        cells = (said(one["recall"], share), said(one["median_minutes"], minutes), said(one["p90_minutes"], minutes),
                 said(one["recall_by_model"], share), said(one["recall_by_cluster"], share))  # fmt: skip
        yield f"| {name} | " + " | ".join(cells) + " |"
    for prevalence, detectors in found["ranked"].items():
        yield from ranked(prevalence, detectors, found["alerts_a_day"])
    yield from ("", "| false alerts by | naming honest accounts, per 10,000 account-days |", "|---|---:|")
    yield from (f"| {name} | {said(one['per_account_days'], amount)} |" for name, one in found["false_alerts"].items())
    yield from policies(found)
    yield from checks(found["checks"])


def ranked(prevalence: str, detectors: Told, budgets: list[int]) -> Iterator[str]:
    """The rankings at one prevalence (a share), at each number of alerts a day."""
    yield from ("", f"{float(prevalence) * 100:g} % guilty:", "",
                "| ranking | average precision | " + " | ".join(f"precision at {one}" for one in budgets) + " |",
                "|---|---:|" + "---:|" * len(budgets))  # fmt: skip
    for name, one in detectors.items():
        cells = " | ".join(said(one[f"precision_at_{budget}"], share) for budget in budgets)
        yield f"| {name} | {said(one['average_precision'], share)} | {cells} |"


def policies(found: Told) -> Iterator[str]:
    """What policy and guards did in both of its runs."""
    may = found["about"]["suspending"]
    yield from ("", f"All rules live. {may['rules']:,} rules can lead to a suspension; they raised {may['alerts']:,} "
                "alerts here.", "",
                "| policy | false suspensions per 10,000 account-days | false restrictions of any kind | done |",
                "|---|---:|---:|---|")  # fmt: skip
    for name, one in found["policy"].items():
        done = found["about"]["restricted"][name]["rungs"]
        words = ", ".join(f"{rung} {of['all']:,} ({of['of_honest']:,} of honest)" for rung, of in done.items())
        yield (f"| {name} | {said(one['false_suspensions'], amount)} | {said(one['false_restrictions'], amount)} | "
               f"{words or 'nothing'} |")  # fmt: skip


def checks(found: list[Told]) -> Iterator[str]:
    """Whether the run can be believed."""
    yield from ("", "| check of the suite | | value | by chance, 99.9 % |", "|---|---|---:|---:|")
    for one in found:
        verdict = {True: "holds", False: "OFF", None: "not checked"}[one["passed"]]
        bounds = one["bounds"]
        cells = "– | –" if bounds is None else f"{one['value']:.4f} | {bounds[0]:.4f} to {bounds[1]:.4f}"
        yield f"| {one['name']} | {verdict} | {cells} |"


def said(one: Told, write: Any) -> str:
    """A figure and its interval."""
    value, bounds = one.get("value"), one.get("interval_95")
    text: str = "never" if one.get("never") else "–" if value is None else write(value)
    if bounds is None:
        return text
    low, high = (write(float("inf") if bound is None else bound) for bound in bounds)
    return f"{text} ({low} to {high})"


if __name__ == "__main__":
    PAGE.write_text(laid_in(PAGE.read_text(encoding="utf-8"), figures(json.loads(Path(sys.argv[1]).read_text()))),
                    encoding="utf-8")  # fmt: skip
