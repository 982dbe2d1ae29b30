"""The desired state: what is to be in force for each account now, for those who would rather pull than be told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.enforcement.audit.canonical import canonical
from streams.enforcement.ledger.release import may_leave
from streams.enforcement.ledger.schema import actions, desired_versions
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import UNDER_WAY, State
from streams.enforcement.policy.rungs import NOTICE
from streams.enforcement.policy.standing import Switch

_LEDGERS_ALONE = Switch(on=True, known=True)


def desired_state(tx: Transaction, now_ms: int, *, brake: Switch = _LEDGERS_ALONE,
                  restricted: bool = True) -> dict[str, Any]:  # fmt: skip
    """{"as_of", "etag", "accounts": [{"account_id", "version", "actions": […]}]}, in order of account and action.

    An account that is not in it has nothing in force. What is in force is in it until it is lifted or over; what is
    about to be, only while it may leave: never past its `not_after`, never while the switch is off. brake: the switch
    outside the ledger; restricted: with child safety's, which receivers need and most people must not see.
    """
    tx = replace(tx, now_ms=now_ms)
    rows = [row for row in _under_way(tx, restricted) if _stands(tx, row, brake)]
    accounts = _by_account(tx, rows)
    return {"as_of": rfc3339(now_ms), "etag": content_hash(accounts), "accounts": accounts}


def content_hash(accounts: Iterable[Mapping[str, Any]]) -> str:
    """64 hex digits that change when, and only when, what is to be in force does."""
    return hashlib.sha256(canonical({"accounts": list(accounts)})).hexdigest()


def _under_way(tx: Transaction, restricted: bool) -> list[Row]:
    lasting = sa.or_(actions.c.ends_ms.is_(None), actions.c.ends_ms > tx.now_ms)
    where = [actions.c.state.in_([str(state) for state in UNDER_WAY]), actions.c.rung != NOTICE, lasting]
    where += [] if restricted else [~actions.c.restricted]
    return tx.rows(sa.select(actions).where(*where).order_by(actions.c.account_id, actions.c.action_id))


def _stands(tx: Transaction, row: Row, brake: Switch) -> bool:
    if row["state"] == str(State.CONFIRMED):
        return True
    return tx.now_ms <= row["not_after_ms"] and may_leave(tx, row, brake) is None


def _by_account(tx: Transaction, rows: list[Row]) -> list[dict[str, Any]]:
    names = {row["account_id"] for row in rows}
    versions = {row["account_id"]: row["version"]
                for row in tx.among(desired_versions, desired_versions.c.account_id, names)}  # fmt: skip
    return [
        {"account_id": name, "version": versions.get(name, 0), "actions": [_shown(row) for row in mine]}
        for name, mine in groupby(rows, key=lambda row: str(row["account_id"]))
    ]


def _shown(row: Row) -> dict[str, Any]:
    """An action, in the words that messages to receivers use."""
    return {
        "action_id": row["action_id"], "rung": row["rung"], "version": row["desired_version"],
        "target": {"kind": row["kind"], "account_id": row["account_id"], "id": row["entity_id"]},
        "reason": {"clause": row["clause"], "rule": row["rule"], "alert_id": row["alert_id"]},
        "expires_at": rfc3339(row["ends_ms"]) if row["ends_ms"] is not None else None,
    }  # fmt: skip
