"""Rules, and what a promotion would bring, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from detectors.anomaly.model import Declared
from detectors.rules import Rule
from streams.alert_lines import rfc3339, when
from streams.enforcement.ledger.gates import Record
from streams.enforcement.ledger.rule_records import RuleRecord
from streams.quantities import span
from streams.tally import tally

COLUMNS = ("rule", "clause", "stage", "at most", "since", "by", "forecast actions/h>", "acted last h>", "overturned>",
           "held by stage, 7 d>", "open cases>")  # fmt: skip
_FIGURES = ("forecast_per_h", "acted_last_h", "overturned", "shadow_decisions", "open_cases")
_HIDDEN = "hidden"
_PAGES = "page"
"""Instead of a model's stage: it never acts, and people hear of it whatever the stage."""


def rule_data(one: RuleRecord, rule: Rule | Declared | None, restricted: bool) -> dict[str, Any]:
    """A rule for a program. Where it is child safety's, figures are null (and hidden true) unless restricted."""
    hidden = _hidden(rule, restricted)
    told = {key: value for key, value in asdict(one).items() if not key.endswith("_ms")}
    told |= dict.fromkeys(_FIGURES) if hidden else {}
    return {
        **told,
        "clause": rule.clause if rule else None,
        "since": when(one.since_ms),
        "until": when(one.until_ms),
        "hidden": hidden,
    }


def rule_cells(one: RuleRecord, rule: Rule | Declared | None, restricted: bool, now_ms: int) -> tuple[object, ...]:
    """A rule as a row of COLUMNS."""
    figures = ["-" if one.forecast_per_h is None else f"{one.forecast_per_h:,.2f}", f"{one.acted_last_h:,}",
               f"{one.overturned:,}", f"{one.shadow_decisions:,}", f"{one.open_cases:,}"]  # fmt: skip
    since = "never promoted" if one.since_ms is None else rfc3339(one.since_ms)
    hidden = _hidden(rule, restricted)
    name = one.rule if one.current else f"{one.rule} (version {one.rule_version[:12]}, not of this pack)"
    stage, cap = ("model", _PAGES) if one.model else (_stage(one, now_ms), one.cap)
    return (name, rule.clause if rule else "unknown", stage, cap, "" if one.model else since, one.by,
            *([_HIDDEN] * len(_FIGURES) if hidden else figures))  # fmt: skip


def _hidden(rule: Rule | Declared | None, restricted: bool) -> bool:
    """Whether its figures are not for these eyes; of a rule that the pack does not have nobody knows."""
    return not restricted and (rule is None or (isinstance(rule, Rule) and rule.restricted))


def _stage(one: RuleRecord, now_ms: int) -> str:
    share = f" ({one.share:.3g} of accounts)" if one.stage == "canary" else ""
    over = one.until_ms is not None and one.until_ms <= now_ms
    until = f", for {span(one.until_ms - now_ms)} more" if one.until_ms is not None and not over else ""
    capped = f" (ledger: {one.ledger_stage})" if one.ledger_stage != one.stage else ""
    return f"{one.stage}{share}{capped}{until}{', its override is over' if over else ''}"


def promotion_data(record: Record, unmet: list[str]) -> dict[str, Any]:
    """What a rule's version would have done, for a program; shares 0–1, spans in s."""
    seen = record.outlook
    return {
        "decisions": seen.decisions, "span_s": seen.span_ms // 1000, "actions": seen.actions,
        "actions_by_rung": dict(seen.by_rung or {}), "would_leave": seen.leaving,
        "would_be_held": dict(seen.held or {}),
        "forecast_per_h": seen.per_hour, "accounts": seen.accounts, "active_accounts": seen.active_accounts,
        "share_of_active_accounts": seen.share,
        "accounts_allow_listed": seen.allow_listed, "accounts_protected": seen.protected,
        "accounts_paying": seen.paying, "accounts_unknown": seen.unknown,
        "labelled_cases": record.labelled, "violations": record.right, "precision": record.precision,
        "precision_interval_95": None if record.interval is None else list(record.interval),
        "overturned": record.overturned, "canary_s": record.canary_ms // 1000, "unmet": unmet,
    }  # fmt: skip


def promotion_lines(rule: str, stage: str, record: Record, unmet: list[str]) -> Iterator[str]:
    """The same for people, line by line."""
    seen = record.outlook
    yield f"{rule}, had it been live for the last {span(seen.span_ms)} ({tally(seen.decisions, 'decision')}):"
    done = f"{tally(seen.actions, 'action')}{_counts(seen.by_rung)}"
    yield f"  {done} upon {tally(seen.accounts, 'account')}, {_share(record)}"
    yield f"  {seen.leaving:,} would leave by themselves, {seen.per_hour:,.2f} an hour; held back{_held(seen.held)}"
    yield (f"  of these accounts now: {seen.protected:,} protected, {seen.allow_listed:,} allow-listed, "
           f"{seen.paying:,} paying, {seen.unknown:,} of which too little is known")  # fmt: skip
    yield f"  closed cases: {_precision(record)}; undone by people: {record.overturned:,}"
    yield from (f"  not met for {stage}: {one}" for one in unmet)


def _counts(counts: Mapping[str, int] | None) -> str:
    return f" ({', '.join(f'{n:,} {name}' for name, n in sorted((counts or {}).items()))})" if counts else ""


def _held(counts: Mapping[str, int] | None) -> str:
    return _counts(counts) if counts else ": none"


def _share(record: Record) -> str:
    seen = record.outlook
    if seen.share is None:
        return "a share of active accounts that nobody can tell: no stream has said how many there are"
    return f"{seen.share:.3%} of {seen.active_accounts:,} active ones"


def _precision(record: Record) -> str:
    if record.precision is None or record.interval is None:
        return "none that says whether it was right"
    low, high = record.interval
    return (f"{record.right:,} of {record.labelled:,} were violations, {record.precision:.1%} "
            f"(95 % interval {low:.1%} to {high:.1%})")  # fmt: skip
