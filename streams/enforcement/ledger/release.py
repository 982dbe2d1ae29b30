"""The last look before an action leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.circumstances import joined
from streams.enforcement.ledger.rows import facts_of
from streams.enforcement.ledger.schema import facts, mutes, protections, switch
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import CONTAIN
from streams.enforcement.policy.standing import Switch

WAITS = "waits"
"""The answer that lets a message wait: until the switch is on, its campaign's turn has come, or its time is over; any
other cancels it."""


def may_leave(tx: Transaction, action: Mapping[str, Any], brake: Switch) -> str | None:
    """None where an action may leave now, else why not: what held at the decision must still hold."""
    if action["state"] not in (str(State.GUARDED), str(State.DISPATCHED)):
        return f"it is {action['state']}"
    if action["leaves_ms"] is not None and tx.now_ms < action["leaves_ms"]:
        return WAITS
    if _stopped(action, joined(brake, tx.rows(sa.select(switch)))):
        return WAITS
    if action["rung"] == CONTAIN or action["by"] is not None or action["approved_by"] is not None:
        return None
    return _shielded(tx, action)


def _stopped(action: Mapping[str, Any], now: Switch) -> bool:
    scopes = {f"rung:{action['rung']}", f"rule:{action['rule']}", f"clause:{action['clause']}"}
    return not (now.on and now.known) or bool(scopes & now.off)


def _shielded(tx: Transaction, action: Mapping[str, Any]) -> str | None:
    account, now = action["account_id"], tx.now_ms
    row = tx.one(sa.select(facts).where(facts.c.account_id == account))
    if row is not None and facts_of(row).allow_listed(now):
        return "the account is on the allow list"
    if tx.one(sa.select(protections).where(protections.c.account_id == account, protections.c.until_ms > now)):
        return "a person protects the account"
    muted = sa.and_(mutes.c.account_id == account, mutes.c.rule == action["rule"], mutes.c.until_ms > now)
    return "its rule is muted for the account" if tx.one(sa.select(mutes).where(muted)) else None
