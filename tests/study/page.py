"""What the study found, as a part of docs/measured.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from study.suite_page import checks, policies, ranked, said

from streams.suite.tables import amount, minutes, share

RESULT = Path(__file__).resolve().parents[2] / "docs" / "study.json"
"""Committed: the figures of the last run of the test part, and all runs that there were."""

Told = Mapping[str, Any]


def stored() -> dict[str, Any]:
    """What the last run left; no runs and nothing found where there was none."""
    return json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {"runs": []}


def noted(result: Told, date: str, pack: str, seed: int) -> dict[str, Any]:
    """With one more run of the test part; what was found before is not this run's."""
    return {"runs": [*result["runs"], {"date": date, "pack": pack, "seed": seed}]}


def page(result: Told) -> Iterator[str]:
    """A part of docs/measured.md, line by line; nothing where no run has found anything."""
    if "found" in result:
        found = result["found"]
        yield from _how(result)
        yield from _parts(found)
        yield from _kinds(found)
        yield from _fixed(found)
        yield from _ranked(found)
        yield from _honest(found)
        yield from ("", "### Policy and guards")
        yield from policies(found)
        yield from _controls(found)


def _how(result: Told) -> Iterator[str]:
    found, runs = result["found"], result["runs"]
    about = found["about"]
    told = "; ".join(f"{one['date']}, pack `{one['pack']}`, seed {one['seed']}" for one in runs)
    yield from (
        "", "## Campaigns over real traces", "",
        f"By `make study`, pack `{about['pack']}`, seed {about['seed']}. **The test part was run "
        f"{_times(len(runs))}**" + (f" ({told}); the figures are the last run's." if runs else "."), "",
        "Background: the traces above, their accounts taken for honest, a plan each. Entities are divided by a hash, "
        "and traces of two days and more by time: models are learnt and thresholds fixed on the first part; the other "
        "accounts' later time is the test. Every part starts without history. Overlays: the labelled sets, which are "
        "real, on hosts that were chosen for them; and, for all that has no real labels, the simulator's campaigns on "
        "real hosts: **semi-synthetic**. Facts are told of every account, and protect nobody. Intervals are of 95 %, "
        "by bootstrap over accounts where nothing else is said (see [the suite](suite.md)); accounts of one farm act "
        "as one, for which they are too narrow.",
    )  # fmt: skip


def _times(count: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _parts(found: Told) -> Iterator[str]:
    yield from (
        "",
        "| trace | divided | accounts, events to learn from | accounts, events to judge |",
        "|---|---|---:|---:|",
    )
    for first, test in zip(found["parts"]["first"], found["parts"]["test"], strict=True):
        how = "by entity and time" if test["by_time"] else "by entity alone: too short"
        yield (f"| `{test['trace']}` | {how} | {first['accounts']:,}, {first['events']:,} | {test['accounts']:,}, "
               f"{test['events']:,} |")  # fmt: skip
    about = found["about"]
    yield from ("", f"Judged: {about['honest']:,} honest accounts, {about['honest_account_days']:,} account-days of "
                f"theirs, and {about['guilty']:,} guilty accounts; {about['events']:,} events, "
                f"{about['dead_letters']:,} dead letters. {found['homeless']:,} accounts of overlays found no host "
                "left and stayed out.", "")  # fmt: skip
    yield from (f"- `{name}`: {told}." for name, told in found["models"].items())


def _kinds(found: Told) -> Iterator[str]:
    counts = {one["name"]: one["accounts"] for one in found["laid"] if not one["honest"]}
    yield from ("", "### Caught", "", "Recall: an alert of the campaign's own clause, by a rule or a cluster's. By "
                "models: of any, since they know none.", "",
                "| kind | accounts | recall | median | p90 | by models | by clusters |",
                "|---|---:|---:|---:|---:|---:|---:|")  # fmt: skip
    for name, one in found["kinds"].items():
        yield (f"| {name} | {counts.get(name, sum(counts.values())):,} | {said(one['recall'], share)} | "
               f"{said(one['median_minutes'], minutes)} | {said(one['p90_minutes'], minutes)} | "
               f"{said(one['recall_by_model'], share)} | {said(one['recall_by_cluster'], share)} |")  # fmt: skip


def _fixed(found: Told) -> Iterator[str]:
    yield from ("", "### Thresholds fixed on the first part", "",
                f"Each so that at most {share(found['false_share'])} of the first part's honest account-days reach it; "
                "then applied to the test.", "",
                "| ranking | recall of accounts | false per 10,000 account-days |", "|---|---:|---:|")  # fmt: skip
    for name, one in found["thresholds"].items():
        yield f"| {name} | {said(one['recall'], share)} | {said(one['false'], amount)} |"


def _ranked(found: Told) -> Iterator[str]:
    budgets = found["alerts_a_day"]
    yield from ("", "### At equal alerts a day", "", f"Of {found['about']['honest']:,} honest accounts each counts "
                "once; guilty ones are weighted to the prevalence. At 0.1 % that is "
                f"{found['about']['honest'] * 0.001:.2g} guilty accounts in all: no more can be found.")  # fmt: skip
    for prevalence, detectors in found["ranked"].items():
        yield from ranked(prevalence, detectors, budgets)


def _honest(found: Told) -> Iterator[str]:
    yield from ("", "### False alerts", "", "| by | naming honest accounts, per 10,000 account-days |", "|---|---:|")
    yield from (f"| {name} | {said(one['per_account_days'], amount)} |" for name, one in found["false_alerts"].items())
    yield from ("", "| detector | alerts | honest accounts | guilty accounts |", "|---|---:|---:|---:|")
    yield from (f"| `{one['detector']}` | {one['alerts']:,} | {one['honest']:,} | {one['guilty']:,} |"
                for one in found["rules"])  # fmt: skip


def _controls(found: Told) -> Iterator[str]:
    yield from ("", "### Controls", "", "Honest accounts with an alert, where something honest was laid over them "
                "(honest simulated use, honest flows) and where nothing was:", "",
                "| honest accounts | with an alert | share |", "|---|---:|---:|")  # fmt: skip
    for name, one in found["sham"].items():
        bounds = one["interval_95"]
        said = (
            "–"
            if bounds is None
            else f"{share(one['alerted'] / one['accounts'])} ({share(bounds[0])} to {share(bounds[1])})"
        )
        yield f"| {name} | {one['alerted']:,} of {one['accounts']:,} | {said} |"
    yield from checks(found["checks"])
