"""Real public traces through `tipstaff run`'s parts: alerts per 10,000 account-days by rule → docs/measured.md.

Run by `make measured`; needs ../shared/data beside the checkout. Nothing of the data is kept.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from sqlglot import exp

from detectors.rules import Rule
from features.catalog import event_dtypes
from features.sql import compile_condition
from streams.pack import Pack, read_pack
from streams.runner import Chunk, Runner
from streams.session import Input, open_session
from streams.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

FILES = {
    "apache_access.log.gz": ("access-log", "honest by assumption (holds real crawlers)"),
    "azure_llm_conv.ndjson.gz": ("native", "honest by assumption; one account stands for all"),
    "gentd26_pods.ndjson.gz": ("native", "honest by assumption"),
    "gentd26_requests.ndjson.gz": ("native", "honest by assumption"),
    "moderation_labels_dev.ndjson.gz": ("native", "made-up accounts: says nothing of honesty"),
    "cesnet_flows_dev.ndjson.gz": ("native", "labelled; each flow is an account"),
}


@dataclass
class Measured:
    """One file: account-days, event types, and alerted accounts by rule."""

    name: str
    about: str
    days: int = 0
    accounts: int = 0
    events: int = 0
    types: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)
    alerts: Counter[str] = field(default_factory=Counter)
    alerted: dict[str, set[str]] = field(default_factory=dict)


def measure(name: str, form: str, about: str, pack: Pack) -> Measured:
    """Run one file in a data directory of its own."""
    found = Measured(name, about)
    seen: list[pl.DataFrame] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        session = open_session(Input((str(DATA / name),), format=form), pack, settings, print)
        try:
            _run(session.runner, found, seen)
        finally:
            session.directory.release()
    days = pl.concat(seen).with_columns(day=pl.col("time") // 86_400_000)
    found.days = days.unique(["account_id", "day"]).height
    found.accounts = days["account_id"].n_unique()
    return found


def _run(runner: Runner, found: Measured, seen: list[pl.DataFrame]) -> None:
    def hear(chunk: Chunk, alerts: object) -> None:
        events = chunk.events.filter(pl.col("type") != "heartbeat")
        seen.append(events.select("account_id", "time").unique())
        found.events += events.height
        found.types |= set(events["type"].unique())
        found.columns |= {n for n in events.columns if events.height and events[n].null_count() < events.height}
        found.named |= {(n, v) for n in _NAMED if n in events.columns for v in events[n].drop_nulls().unique()}
        for alert in alerts:  # type: ignore[attr-defined]
            if alert.revision == 1:
                found.alerts[alert.detector] += 1
                found.alerted.setdefault(alert.detector, set()).add(alert.account_id)

    runner.run(lambda: False, hear)


_ENTITY = {"account": "account_id", "key": "api_key_id", "workload": "workload_id"}
_NAMED = ("direction", "product")
_MAY_LACK = (exp.Or, exp.Coalesce, exp.Is)


def required(where: str | None) -> set[str]:
    """The columns without which a condition is never true: those of its conjuncts that allow for no missing value."""
    tree = compile_condition(where, event_dtypes()).tree if where else None
    conjuncts = list(tree.flatten()) if isinstance(tree, exp.And) else [tree] if tree is not None else []
    return {c.name for part in conjuncts if not list(part.find_all(*_MAY_LACK)) for c in part.find_all(exp.Column)}


def kinds_of_event(where: str | None) -> set[tuple[str, str]]:
    """The directions and products that a condition asks for by name."""
    tree = compile_condition(where, event_dtypes()).tree if where else None
    conjuncts = list(tree.flatten()) if isinstance(tree, exp.And) else [tree] if tree is not None else []
    return {(p.this.name, p.expression.this) for p in conjuncts if isinstance(p, exp.EQ) and p.this.name in _NAMED}


def measurable(rule: Rule, one: Measured, pack: Pack) -> bool:
    """Whether a file has what a rule reads: its entity, and every condition's event types and columns."""
    types, columns, named = set(rule.event), {_ENTITY[rule.entity]}, set[tuple[str, str]]()
    if rule.on == "event":
        columns |= {name for c in rule.conditions for name in required(c.text)}
    for feature in rule.features:
        for name in filter(None, (feature.name, feature.of, feature.over)):
            source = pack.catalog.by_name[feature.entity, name]
            types |= set(source.event)
            named |= kinds_of_event(source.where)
            columns |= required(source.where) | ({source.column} if source.column else set())
    return types <= one.types and columns <= one.columns and named <= one.named


def report(found: list[Measured], pack: Pack) -> Iterator[str]:
    """docs/measured.md, line by line."""
    yield from (
        "# Measured on real public traces", "",
        f"By `make measured`, pack `{pack.hash}`, all rules on. An account-day is an account with an event on a day "
        "(UTC). Alerts are first revisions. No threshold was chosen by these figures.", "",
        "| file | what it is | events | accounts | account-days |", "|---|---|---:|---:|---:|",
    )  # fmt: skip
    yield from (f"| `{m.name}` | {m.about} | {m.events:,} | {m.accounts:,} | {m.days:,} |" for m in found)
    yield from ("", "## Alerts per 10,000 account-days", "",
                "— : cannot be measured here (the file lacks the rule's event types or entities). With no alert in n "
                "account-days, the rate is below 3/n with 95 % confidence.", "")  # fmt: skip
    yield "| rule | severity | " + " | ".join(f"`{m.name.split('.')[0]}`" for m in found) + " |"
    yield "|---|---|" + "---:|" * len(found)
    for rule in pack.rules:
        cells = [_cell(rule, m, pack) for m in found]
        yield f"| `{rule.id}` | {rule.severity} | " + " | ".join(cells) + " |"
    blind = [rule.id for rule in pack.rules if not any(measurable(rule, m, pack) for m in found)]
    yield from (
        "",
        "**Cannot be measured here at all** (no file has such events): " + ", ".join(f"`{r}`" for r in blind) + ".",
    )
    yield from _labelled(found)


def _cell(rule: Rule, one: Measured, pack: Pack) -> str:
    if not measurable(rule, one, pack):
        return "—"
    rate = one.alerts[rule.id] / one.days * 10_000
    return f"{rate:.1f}" if one.alerts[rule.id] else f"0 (< {3 / one.days * 10_000:,.0f})"


def _labelled(found: list[Measured]) -> Iterator[str]:
    flows = next(m for m in found if m.name.startswith("cesnet"))
    labels = pl.read_csv(DATA / "cesnet_flows_dev.labels.csv", schema_overrides={"clause": pl.String})
    miners = set(labels.filter(pl.col("clause").fill_null("") != "")["account_id"])
    others = set(labels["account_id"]) - miners
    yield from ("", "## The labelled flows", "",
                f"{len(miners):,} miner flows, {len(others):,} others. Each flow is an account by itself, without a "
                "workload: rules that add flows up, or read workloads, see nothing here.", "",
                "| rule | miner flows alerted | other flows alerted |", "|---|---:|---:|")  # fmt: skip
    for rule, accounts in sorted(flows.alerted.items()):
        caught, wrong = len(accounts & miners), len(accounts & others)
        yield f"| `{rule}` | {caught:,} of {len(miners):,} | {wrong:,} of {len(others):,} |"
    yield from (
        "",
        "The labels are confounded with the capture date (the data's own warning), and evaders use port 443.",
    )


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(f"there is no {DATA}: the traces are not part of this repository")
    rules = read_pack()
    measured = [measure(name, form, about, rules) for name, (form, about) in FILES.items()]
    (ROOT / "docs" / "measured.md").write_text("\n".join(report(measured, rules)) + "\n", encoding="utf-8")
    print("\n".join(report(measured, rules)))
