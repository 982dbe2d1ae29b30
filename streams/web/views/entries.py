"""Alerts, actions and cases as rows of lists, in words."""

from __future__ import annotations

from typing import Any

from detectors.alert import Alert
from features.ticks import TICK_MS
from streams import alert_words
from streams.alert_lines import as_json
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.statement.wording import moment
from streams.quantities import due
from streams.web import places
from streams.web.views import action_words, reason_words

MOST = 200
"""Rows of what a page lists beside what it is about."""


def at(time_ms: int | None) -> str:
    """A time to the minute, with its zone; nothing where there is none."""
    return "" if time_ms is None else moment(time_ms)


def short(long_id: str) -> str:
    """The beginning of an id, as links show it."""
    return long_id[:8]


def alert_entry(alert: Alert) -> dict[str, Any]:
    """An alert."""
    return {
        "id": alert.id, "short": short(alert.id), "href": places.alert(alert.id), "at": at(alert.time),
        "since": at(alert.start_tick * TICK_MS), "severity": alert.severity, "who": alert_words.entity(as_json(alert)),
        "account": alert.account_id, "account_href": places.account(alert.account_id) if alert.account_id else "",
        "title": alert.title, "rule": alert.detector, "rule_href": places.rule(alert.detector),
        "clause": alert.clause, "revision": alert.revision, "restricted": alert.restricted,
    }  # fmt: skip


def action_entry(row: Row) -> dict[str, Any]:
    """An action. proposed, lasting: whether people may approve it, or undo it."""
    return {
        "id": row["action_id"], "short": short(row["action_id"]), "href": places.action(row["action_id"]),
        "rung": row["rung"], "what": action_words.what(row),
        "account": row["account_id"], "account_href": places.account(row["account_id"]), "clause": row["clause"],
        "rule": row["rule"], "rule_href": places.rule(row["rule"]) if row["rule"] else "", "state": row["state"],
        "state_words": action_words.state(row),
        "held_by": reason_words.reason(row["held_by"]) if row["held_by"] else "",
        "decided": at(row["decided_ms"]), "by": row["by"] or "policy",
        "restricted": row["restricted"], "proposed": row["state"] == "proposed",
        "lasting": row["state"] in ("guarded", "dispatched", "confirmed"),
    }  # fmt: skip


def case_entry(row: Row, now_ms: int) -> dict[str, Any]:
    """A case."""
    overdue = row["state"] == "open" and row["due_ms"] < now_ms
    return {
        "id": row["case_id"], "short": short(row["case_id"]), "href": places.case(row["case_id"]),
        "title": row["title"], "role": row["role"], "clause": row["clause"], "account": row["account_id"] or "",
        "account_href": places.account(row["account_id"]) if row["account_id"] else "",
        "due": due(row, now_ms), "due_at": at(row["due_ms"]), "opened": at(row["opened_ms"]),
        "urgent": row["urgent"], "overdue": overdue, "assignee": row["assignee"] or "", "state": row["state"],
        "disposition": (row["disposition"] or "").replace("_", " "), "restricted": row["restricted"],
        "alerts": row.get("alerts"), "actions": row.get("actions"), "accounts": row.get("accounts"),
    }  # fmt: skip
