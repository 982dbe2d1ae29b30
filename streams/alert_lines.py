"""Alerts as JSON lines, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from detectors.alert import Alert, Evidence, accounts_named
from features.cluster_catalog import CLUSTER
from features.ticks import TICK_MS


def rfc3339(time_ms: int) -> str:
    """A time in ms as RFC 3339 in UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def when(time_ms: int | None) -> str | None:
    """A time that may not be there, in RFC 3339."""
    return None if time_ms is None else rfc3339(time_ms)


def as_json(alert: Alert) -> dict[str, Any]:
    """An alert as it is written: times in RFC 3339, the entity in words, empty things left out."""
    return {
        "id": alert.id, "revision": alert.revision, "detector": alert.detector, "title": alert.title,
        "clause": alert.clause, "severity": alert.severity,
        "entity": _entity(alert),
        "plan": alert.plan, "time": rfc3339(alert.time), "episode_start": rfc3339(alert.start_tick * TICK_MS),
        "tick": alert.tick, "trigger": alert.trigger, "signals": list(alert.signals),
        "evidence": [_evidence(one) for one in alert.evidence],
        "events": [_event(one) for one in alert.events], "runbook": alert.runbook, "pack": alert.pack,
        "rule_version": alert.rule_version,
        **_also(alert),
    }  # fmt: skip


def _entity(alert: Alert) -> dict[str, str]:
    whose = {} if alert.kind == CLUSTER else {"account_id": alert.account_id}
    return {"kind": alert.kind, **whose, "id": alert.entity_id}


def named_in(written: Mapping[str, Any]) -> tuple[str, ...]:
    """The accounts that an alert as it is written speaks of, as `Alert.named`."""
    entity = written["entity"]
    return accounts_named(entity["kind"], entity.get("account_id", ""), written.get("accounts", ()))


def _also(alert: Alert) -> dict[str, Any]:
    """What only some alerts say."""
    found: dict[str, Any] = {"victim": alert.victim, "knowledge": alert.knowledge,
                             "end_users": list(alert.end_users) or None,
                             "accounts": list(alert.accounts) or None}  # fmt: skip
    return {key: value for key, value in found.items() if value is not None}


def _evidence(one: Evidence) -> dict[str, Any]:
    found = {key: value for key, value in asdict(one).items() if value is not None and value != ""}
    if one.clear_value is None:
        found.pop("clear_inclusive")
    if one.peer_as_of is not None:
        found["peer_as_of"] = rfc3339(one.peer_as_of)
    return found


def _event(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"time": rfc3339(one["time"])}


def as_line(alert: Alert) -> str:
    """One JSON line, without its newline; no character in it can move a cursor."""
    return json.dumps(as_json(alert), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
