"""Actions, and what waits for a second person, as people look for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from streams.alert_lines import rfc3339, when
from streams.enforcement.ledger.schema import actions, alerts, case_links, decisions, outbox, pending
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import UNDER_WAY, State

OPEN = (*map(str, UNDER_WAY), str(State.PROPOSED))
"""States of actions that something may still become of."""


def listed_actions(tx: Transaction, restricted: bool, *, account: str | None = None, rule: str | None = None,
                   states: Iterable[str] = OPEN) -> list[Row]:  # fmt: skip
    """Actions in order decided; restricted: with child safety's."""
    where = [actions.c.state.in_(list(states)), *([] if restricted else [~actions.c.restricted])]
    where += [actions.c.account_id == account] if account is not None else []
    where += [actions.c.rule == rule] if rule is not None else []
    return tx.rows(sa.select(actions).where(*where).order_by(actions.c.decided_ms, actions.c.action_id))


def proposed_in(tx: Transaction, case_id: str, restricted: bool) -> list[Row]:
    """The proposed actions of a case, in order decided."""
    mine = sa.select(case_links.c.ref).where(case_links.c.case_id == case_id, case_links.c.what == "action")
    seen = [] if restricted else [~actions.c.restricted]
    query = sa.select(actions).where(actions.c.action_id.in_(mine), actions.c.state == str(State.PROPOSED), *seen)
    return tx.rows(query.order_by(actions.c.decided_ms, actions.c.action_id))


def listed_pending(tx: Transaction, restricted: bool) -> list[Row]:
    """What waits for another person or for time, the oldest first."""
    seen = [pending.c.until_ms >= tx.now_ms, *([] if restricted else [~pending.c.restricted])]
    return tx.rows(sa.select(pending).where(*seen).order_by(pending.c.asked_ms, pending.c.change))


def pending_like(tx: Transaction, wanted: str, restricted: bool) -> list[Row]:
    """What waits under a change's hash or a command's id, or the beginning of one."""
    return [row for row in listed_pending(tx, restricted)
            if row["change"].startswith(wanted) or row["command_id"].startswith(wanted)]  # fmt: skip


def told_action(tx: Transaction, row: Row) -> dict[str, Any]:
    """Everything about an action, as JSON: why, for how long, and how its messages fare."""
    alert = tx.one(sa.select(alerts).where(alerts.c.alert_id == row["alert_id"]))
    decision = tx.one(sa.select(decisions).where(decisions.c.action_id == row["action_id"]))
    mine = sa.select(outbox).where(outbox.c.action_id == row["action_id"]).order_by(outbox.c.number)
    return {
        **as_data(row), "plan": row["plan"], "strikes": row["strikes"], "end_users": row["end_users"] or [],
        "deadline": when(row["deadline_ms"]), "case_id": row["case_id"], "desired_version": row["desired_version"],
        "alert": None if alert is None else {"alert_id": alert["alert_id"], "title": alert["title"],
                                             "severity": alert["severity"], "runbook": alert["runbook"],
                                             "time": rfc3339(alert["time_ms"])},
        "decision": None if decision is None else {"outcome": decision["outcome"], "reason": decision["reason"],
                                                   "figures": decision["figures"], "at": when(decision["decided_ms"])},
        "messages": [_message(one) for one in tx.rows(mine)],
    }  # fmt: skip


def as_data(row: Row) -> dict[str, Any]:
    """An action as JSON, in a list."""
    return {
        "action_id": row["action_id"], "rung": row["rung"], "state": row["state"],
        "target": {"kind": row["kind"], "account_id": row["account_id"], "id": row["entity_id"]},
        "clause": row["clause"], "rule": row["rule"], "rule_version": row["rule_version"],
        "alert_id": row["alert_id"], "by": row["by"], "held_by": row["held_by"], "ended_by": row["ended_by"],
        "decided": when(row["decided_ms"]), "not_after": when(row["not_after_ms"]),
        "confirmed": when(row["confirmed_ms"]), "ends": when(row["ends_ms"]), "restricted": row["restricted"],
    }  # fmt: skip


def pending_data(row: Row) -> dict[str, Any]:
    """What waits, as JSON."""
    return {
        "change": row["change"], "verb": row["verb"], "args": row["args"], "by": row["by"], "why": row["why"],
        "asked": when(row["asked_ms"]), "until": when(row["until_ms"]), "alone_at": when(row["alone_ms"]),
        "agreed": [one["by"] for one in row["agreed"] or ()],
    }  # fmt: skip


def _message(row: Row) -> dict[str, Any]:
    return {"id": row["delivery_id"], "sink": row["sink"], "type": row["type"], "state": row["state"],
            "attempts": row["attempts"], "at": when(row["time_ms"]), "settled": when(row["settled_ms"]),
            "status": row["last_status"], "detail": row["last_detail"]}  # fmt: skip
