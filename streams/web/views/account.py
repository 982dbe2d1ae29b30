"""One account's history: alerts, the values they recorded, what was in force when, its standing and its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from detectors.alert import Alert
from features.arrivals import SEPARATOR
from features.cluster_catalog import CLUSTER
from features.ticks import DAY_MS
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.rungs import ACCOUNT, BY_PEOPLE, CONTAIN, TARGETS
from streams.quantities import number
from streams.web.alerts_seen import Wanted
from streams.web.office import Missing, Office, Page, Viewer
from streams.web.plots import Point, Span, Told, points, spans
from streams.web.views import account_records, action_words
from streams.web.views.account_records import Records
from streams.web.views.entries import action_entry, alert_entry, at, case_entry
from streams.web.views.evidence import value_plots
from streams.web.views.sources import reading

_MOST_ALERTS = 50
RUNGS = [rung for rung, kinds in TARGETS.items() if ACCOUNT in kinds and rung not in (CONTAIN, *BY_PEOPLE)]
"""What people may do to an account from its page: what takes two of them, or child safety's role, is asked for by the
command line.
"""

_LOOKS = {rung: f"kind-{number}" for number, rung in enumerate(TARGETS)}
_ROOM_MS = 60_000
_ALERTS = Told("when", "Its alerts over time", "Each revision of its alerts, by rule; coloured by severity")
_IN_FORCE = Told("held", "What was in force against it", "Each action from its delivery until it was over, or now")


def account(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """An account by its id. Raises Missing."""
    wanted, desk = names["account"], office.desk
    with reading(office, viewer) as (seen, tx):
        revisions = seen.of_account(wanted, _MOST_ALERTS)
        listed = seen.listed(Wanted(account=wanted), 0, _MOST_ALERTS)
        found = Records() if tx is None or desk is None else account_records.records_of(
            tx, wanted, desk.in_force().policy, viewer.restricted)  # fmt: skip
        now_ms = office.clock_ms() if tx is None else tx.now_ms
    if not listed.alerts and found.empty:
        raise Missing(f"nothing is known of an account {wanted[:64]}")
    clauses = desk.in_force().clauses if desk is not None else {}
    return Page("account.html", f"Account {wanted}", {
        "account": wanted, "plots": [*_when(revisions, found.actions, now_ms), *value_plots(revisions)],
        "alerts": [alert_entry(one) for one in listed.alerts if one.kind != CLUSTER], "total": listed.total,
        "clusters": [alert_entry(one) for one in listed.alerts if one.kind == CLUSTER], "left_out": listed.left_out,
        "actions": [action_entry(row) for row in found.actions], "decides": desk is not None,
        "cases": [case_entry(row, now_ms) for row in found.cases], "facts": _facts(found.facts, now_ms),
        "standing": _standing(found, {one.detector for one in revisions}, clauses, viewer.restricted),
        "rungs": RUNGS, "clauses": [one for one in clauses.values() if not one.restricted],
        "lasting": any(row["state"] != "proposed" for row in found.open),
    })  # fmt: skip


def _when(revisions: Sequence[Alert], acted: Sequence[Row], now_ms: int) -> list[Markup]:
    """Its alerts on a line of time, and its actions as they were in force, on the same span of time."""
    held = [row for row in reversed(acted) if row["confirmed_ms"] is not None]
    moments = [*(one.time for one in revisions), *(row["confirmed_ms"] for row in held)]
    if not moments:
        return []
    last = max(*moments, now_ms)
    first = min(moments) - max((last - min(moments)) // 50, _ROOM_MS)
    raised = [points(_ALERTS, [_point(one) for one in revisions], first, last)] if revisions else []
    return raised + ([spans(_IN_FORCE, [_span(row, now_ms) for row in held], first, last)] if held else [])


def _point(one: Alert) -> Point:
    whose = "" if one.kind == ACCOUNT else f" ({one.kind.replace('_', ' ')} {one.entity.split(SEPARATOR)[-1]})"
    return Point(one.time, one.detector, f"severity-{one.severity}", f"{one.severity}, revision {one.revision}: "
                 f"{one.title}{whose}")  # fmt: skip


def _span(row: Row, now_ms: int) -> Span:
    ends = row["ends_ms"]
    until = None if ends is None or (ends > now_ms and row["state"] == "confirmed") else min(ends, now_ms)
    return Span(action_words.what(row), row["confirmed_ms"], until, _LOOKS.get(row["rung"], "kind-7"),
                f"{action_words.state(row)}; asked for by {row['by'] or 'policy'}")  # fmt: skip


def _standing(found: Records, rules: set[str], clauses: Mapping[str, Any], restricted: bool) -> dict[str, Any]:
    standing = found.standing
    strikes = account_records.strikes(standing, clauses, restricted)
    return {
        "now": [action_words.standing(row) for row in found.open],
        "last": action_words.standing(found.actions[0]) if found.actions else "",
        "protected_until": at(standing.protected_until_ms),
        "strikes": [{"clause": one.clause, "given": at(one.given_ms)} for one in strikes],
        "mutes": [{"rule": one.rule, "until": at(one.until_ms)}
                  for one in account_records.mutes(standing, rules, restricted)],
        "elsewhere": standing.suspended_elsewhere, "held": standing.held and restricted,
    }  # fmt: skip


def _facts(facts: Facts | None, now_ms: int) -> dict[str, str] | None:
    """What the operator knows of it, in words; None where it has told nothing."""
    if facts is None:
        return None
    yes = {True: "yes", False: "no", None: "unknown"}
    age = None if facts.created_ms is None else (now_ms - facts.created_ms) // DAY_MS
    return {
        "plan": facts.plan or "unknown", "age": "unknown" if age is None else f"{age:,} d",
        "spend within 90 d": number(facts.spend_usd_90d, "USD"), "contract": yes[facts.contract],
        "others that stop when it stops": number(facts.dependants),
        "allow-listed until": at(facts.allow_listed_until_ms) if facts.allow_listed(now_ms) else "not",
        "workloads that hold data": f"{len(facts.stateful_workloads):,}", "as of": at(facts.as_of_ms),
    }  # fmt: skip
