"""Real public traces through the parts of `tipstaff replay` and `tipstaff evaluate` → docs/measured.md.

Run by `make measured`; needs ../shared/data beside the checkout. Nothing of the data is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import adbench
import polars as pl
from rich.console import Console
from rich.progress import track
from study.page import page, stored

from detectors.alert import SEVERITIES
from detectors.rules import Rule
from streams.cli.score_words import delay, rate, share
from streams.history import contents
from streams.history.evaluation import Raised
from streams.history.exposure import Exposure
from streams.history.intervals import garwood
from streams.history.judging import LABELS
from streams.history.labels_file import read_labels
from streams.history.replay import Replay
from streams.history.scoring import PER_DAYS, Report, score
from streams.pack import Pack, read_pack
from streams.session import Input
from streams.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
MOST = 10
"""False alerts per 10,000 account-days that a rule of severity high or above must be shown to stay below."""


@dataclass(frozen=True)
class Trace:
    """A file: what it is, its labels where it has any, and whether its accounts are customers taken for honest ones."""

    name: str
    about: str
    format: str = "native"
    labels: str | None = None
    honest: bool = True

    @property
    def short(self) -> str:
        """Its name in tables."""
        return self.name.split(".")[0]


TRACES = (
    Trace("apache_access.log.gz", "honest by assumption (holds real crawlers)", "access-log"),
    Trace("azure_llm_conv.ndjson.gz", "honest by assumption; one account stands for all"),
    Trace("gentd26_pods.ndjson.gz", "honest by assumption"),
    Trace("gentd26_requests.ndjson.gz", "honest by assumption"),
    Trace("moderation_labels_dev.ndjson.gz", "made-up accounts: says nothing of honesty", honest=False),
    Trace("cesnet_flows_dev.ndjson.gz", "labelled; each flow is an account, so says nothing of account-days",
          labels="cesnet_flows_dev.labels.csv", honest=False),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One trace: what is in it, its honest account-days, and its score."""

    trace: Trace
    contents: contents.Contents
    days: int
    report: Report = field(repr=False)


def measure(trace: Trace, pack: Pack) -> Measured:
    """All rules over one trace, against its labels or the assumption that all are honest."""
    chosen = Input((str(DATA / trace.name),), format=trace.format)
    found = contents.read(chosen, pack)
    labels = read_labels(DATA / trace.labels, pack.clauses) if trace.labels else _all_honest(found)
    raised, seen = Raised("info"), Exposure(labels)
    Replay(chosen, [(pack, raised.tell)], Settings()).run(lambda chunk: seen.add(chunk.events))
    rules = {rule.id: rule.clause for rule in pack.rules}
    return Measured(trace, found, seen.days, score(labels, raised.frame, seen.days, rules))


def _all_honest(found: contents.Contents) -> pl.DataFrame:
    accounts = pl.DataFrame({"account_id": found.accounts}, schema={"account_id": pl.String})
    spans = {"start": pl.lit(found.first), "end": pl.lit(found.last), "line": pl.int_range(pl.len())}
    nothing = {"clause": pl.lit(None), "workload_id": pl.lit(None)}
    return accounts.with_columns(**spans, **nothing).select(*LABELS).cast(pl.Schema(LABELS))


def report(found: list[Measured], pack: Pack) -> Iterator[str]:
    """docs/measured.md, line by line."""
    yield from (
        "# Measured on real public traces", "",
        f"By `make measured`, pack `{pack.hash}`, all rules on. An account-day is 24 h, counted from the trace's "
        "first event, in which an honest account had an event. Alerts are episodes. Intervals are of 95 % (Wilson "
        "for shares, Garwood for rates, bootstrap over accounts for times). No threshold was chosen by these "
        "figures.", "",
        "| file | what it is | events | accounts | account-days |", "|---|---|---:|---:|---:|",
    )  # fmt: skip
    yield from (f"| `{m.trace.name}` | {m.trace.about} | {m.contents.events:,} | {len(m.contents.accounts):,} | "
                f"{m.days:,} |" for m in found)  # fmt: skip
    yield from _false(found, pack)
    yield from _cleared(found, pack)
    for one in found:
        if one.trace.labels:
            yield from _labelled(one)
    yield from page(stored())
    if adbench.DATA.is_dir():
        yield from adbench.page(map(adbench.tried, adbench.PUBLISHED))


def _false(found: list[Measured], pack: Pack) -> Iterator[str]:
    yield from ("", f"## Alerts on honest accounts, per {PER_DAYS:,} account-days", "",
                "—: the file lacks the rule's event types, columns or entities.", "")  # fmt: skip
    yield "| rule | severity | " + " | ".join(f"`{m.trace.short}`" for m in found) + " |"
    yield "|---|---|" + "---:|" * len(found)
    silent: dict[str, int] = {}
    for rule in pack.rules:
        if not any(m.contents.lets(rule, pack) for m in found):
            silent[rule.template] = silent.get(rule.template, 0) + 1
            continue
        cells = [rate(m.report.rules[rule.id].false) if m.contents.lets(rule, pack) else "—" for m in found]
        yield f"| `{rule.id}` | {rule.severity} | " + " | ".join(cells) + " |"
    names = ", ".join(f"`{name}`" + (f" ({count} clauses)" if count > 1 else "") for name, count in silent.items())
    count = f"{sum(silent.values())} of {len(pack.rules)} rules"
    yield from ("", f"Not measurable here, for want of such events ({count}): {names}.")


def _cleared(found: list[Measured], pack: Pack) -> Iterator[str]:
    """Whether each rule that may wake somebody is shown to be rarely wrong."""
    yield from ("", "## Rules of severity high and above", "",
                f"Over the files of real customers taken for honest ones, together. A rule is cleared if the upper "
                f"bound is at most {MOST} per {PER_DAYS:,} account-days.", "",
                "| rule | account-days | alerts | at most | |", "|---|---:|---:|---:|---|")  # fmt: skip
    for rule in pack.rules:
        if SEVERITIES.index(rule.severity) >= SEVERITIES.index("high"):
            yield _verdict(rule, [m for m in found if m.trace.honest and m.contents.lets(rule, pack)])


def _verdict(rule: Rule, found: list[Measured]) -> str:
    days = sum(m.days for m in found)
    if not days:
        return f"| `{rule.id}` | 0 | | | not measurable here: no file has such events |"
    wrong = sum(one.count for m in found if (one := m.report.rules[rule.id].false))
    low, high = (bound / days * PER_DAYS for bound in garwood(wrong))
    verdict = "cleared" if high <= MOST else f"too often wrong: at least {low:.3g}" if low > MOST else (
        "not measurable here: too few account-days")  # fmt: skip
    return f"| `{rule.id}` | {days:,} | {wrong:,} | {high:,.3g} | {verdict} |"


def _labelled(one: Measured) -> Iterator[str]:
    yield from ("", f"## Against labels: `{one.trace.name}`", "",
                "| | caught | recall | median time | right of alerted | precision | alerts on honest accounts |",
                "|---|---:|---:|---:|---:|---:|---:|")  # fmt: skip
    scores = {"overall": one.report.overall, **{f"`{rule}`": found for rule, found in one.report.rules.items()}}
    for name, found in scores.items():
        if found.precision or name == "overall":
            recall, right = found.recall, found.precision
            yield (f"| {name} | {recall.k if recall else 0:,} of {recall.n if recall else 0:,} | {share(recall)} | "
                   f"{delay(found.median)} | {right.k if right else 0:,} of {right.n if right else 0:,} | "
                   f"{share(right)} | {found.false.count if found.false else 0:,} |")  # fmt: skip
    yield from ("", "Each flow is an account by itself, without a workload: rules that add flows up, or read "
                "workloads, see nothing here. The labels are confounded with the capture date (the data's own "
                "warning), and evaders use port 443.")  # fmt: skip


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(f"there is no {DATA}: the traces are not part of this repository")
    rules = read_pack()
    bar = Console(stderr=True)
    measured = [measure(one, rules) for one in track(TRACES, "traces", console=bar, disable=not bar.is_terminal)]
    text = "\n".join(report(measured, rules)) + "\n"
    (ROOT / "docs" / "measured.md").write_text(text, encoding="utf-8")
    print(text, end="")
