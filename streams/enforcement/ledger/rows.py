"""Rows of the ledger, and the values that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from detectors.alert import Alert, Evidence
from streams.enforcement.policy.action import Action, State
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.facts import Facts

_ACTION = tuple(field.name for field in fields(Action) if field.name != "id")
_FACTS = tuple(field.name for field in fields(Facts) if field.name not in ("account_id", "as_of_ms"))


def alert_row(alert: Alert, now_ms: int) -> dict[str, Any]:
    """An alert as a row of `alerts`, without when it was first taken."""
    return {
        "alert_id": alert.id, "revision": alert.revision, "account_id": alert.account_id, "kind": alert.kind,
        "entity": alert.entity, "rule": alert.detector, "rule_version": alert.rule_version, "title": alert.title,
        "clause": alert.clause, "severity": alert.severity, "plan": alert.plan, "signals": list(alert.signals),
        "start_tick": alert.start_tick, "tick": alert.tick, "time_ms": alert.time, "trigger": alert.trigger,
        "runbook": alert.runbook, "pack": alert.pack, "victim": alert.victim, "knowledge": alert.knowledge,
        "restricted": alert.restricted, "end_users": list(alert.end_users),
        "evidence": [asdict(one) for one in alert.evidence], "events": list(alert.events),
        "accounts": list(alert.accounts), "taken_ms": now_ms,
    }  # fmt: skip


def alert_of(row: Mapping[str, Any]) -> Alert:
    """The alert that a row of `alerts` holds."""
    return Alert(
        id=row["alert_id"], revision=row["revision"], detector=row["rule"], title=row["title"], clause=row["clause"],
        severity=row["severity"], kind=row["kind"], entity=row["entity"], plan=row["plan"],
        start_tick=row["start_tick"], tick=row["tick"], time=row["time_ms"], trigger=row["trigger"],
        signals=tuple(row["signals"]), runbook=row["runbook"], pack=row["pack"],
        evidence=tuple(Evidence(**one) for one in row["evidence"] or ()), events=tuple(row["events"] or ()),
        end_users=tuple(row["end_users"] or ()), victim=row["victim"], knowledge=row["knowledge"],
        restricted=row["restricted"], rule_version=row["rule_version"], accounts=tuple(row["accounts"] or ()),
    )  # fmt: skip


def action_row(action: Action) -> dict[str, Any]:
    """An action's own columns."""
    return {"action_id": action.id, **{name: getattr(action, name) for name in _ACTION}, "state": str(action.state)}


def action_of(row: Mapping[str, Any]) -> Action:
    """The action that a row of `actions` holds."""
    held = {name: row[name] for name in _ACTION}
    return Action(**{**held, "id": row["action_id"], "state": State(row["state"])})


def decision_row(one: Decision, alert: Alert) -> dict[str, Any]:
    """What the audit and `decisions` both hold of a decision about an alert."""
    return {
        "alert_id": one.alert_id, "revision": one.revision, "clause": one.clause, "rule": one.rule,
        "rule_version": alert.rule_version, "outcome": str(one.outcome), "reason": str(one.reason),
        "rung": one.rung, "kind": one.kind, "figures": dict(one.figures), "alerts": list(one.alerts),
    }  # fmt: skip


def facts_row(facts: Facts, now_ms: int) -> dict[str, Any]:
    """Facts as a row of `facts`."""
    known = {name: getattr(facts, name) for name in _FACTS}
    known["stateful_workloads"] = sorted(facts.stateful_workloads)
    return {"account_id": facts.account_id, "known": known, "as_of_ms": facts.as_of_ms, "taken_ms": now_ms}


def facts_of(row: Mapping[str, Any]) -> Facts:
    """The facts that a row of `facts` holds."""
    known = dict(row["known"])
    known["stateful_workloads"] = frozenset(known.get("stateful_workloads") or ())
    return Facts(account_id=row["account_id"], as_of_ms=row["as_of_ms"], **known)
