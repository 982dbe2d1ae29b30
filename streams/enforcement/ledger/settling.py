"""What follows from the end of an attempt: for the message, its action, and the people on call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.messages import EXPIRED, REASONS, REFUSED, SENT, WAITING, Messages, Routes
from streams.enforcement.ledger.moves import Moves
from streams.enforcement.ledger.schema import outbox
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.outbox.delivery import Attempt, Ending
from streams.enforcement.outbox.message_types import PAGE, PAGE_CLOSED, REQUESTED
from streams.enforcement.policy.rungs import NOTICE


class Settling:
    """What follows from an attempt's end."""

    def __init__(self, tx: Transaction, routes: Routes) -> None:
        self._tx, self._messages, self._trail = tx, Messages(tx, routes), Trail(tx)
        self._moves = Moves(tx, self._messages, self._trail)

    def after(self, row: Mapping[str, Any], state: str) -> None:
        """Let it follow; row: the message's, from before; state: what it is now."""
        if state == WAITING:
            return
        self._trail.note(Kind.DELIVERY, POLICY, {"delivery_id": row["delivery_id"], "sink": row["sink"],
                                                 "state": state, "attempts": row["attempts"]})  # fmt: skip
        if row["action_id"] and row["delivery_id"] == row["action_id"]:
            self._action(row, state)
        elif state == REFUSED:
            self._lost(row)
        self._messages.flush()
        self._trail.flush()

    def _action(self, row: Mapping[str, Any], state: str) -> None:
        if state == SENT:
            if not self._others_open(row):
                self._moves.confirm(row["action_id"])
            return
        action, ends = self._moves.row(row["action_id"]), self._moves.expire if state == EXPIRED else self._moves.fail
        if action is not None and ends(action, row["last_detail"]):
            undelivered(self._messages, action, row["last_detail"])

    def _others_open(self, row: Mapping[str, Any]) -> bool:
        query = sa.select(outbox.c.number).where(outbox.c.delivery_id == row["delivery_id"], outbox.c.state != SENT)
        return self._tx.one(query.limit(1)) is not None

    def _lost(self, row: Mapping[str, Any]) -> None:
        if row["type"] in (REQUESTED, PAGE, PAGE_CLOSED):
            return  # a page about a page that cannot be delivered would never end; metrics and `status` tell of it
        why = "a restricted case" if self._restricted(row) else row["last_detail"]
        what = f"{row['type']} to {row['sink']} could not be delivered: {why}"
        self._messages.page(f"delivery:{row['delivery_id']}", row["sink"], what, urgent=row["type"].endswith("lifted"),
                            data={"delivery_id": row["delivery_id"], "sink": row["sink"]})  # fmt: skip

    def _restricted(self, row: Mapping[str, Any]) -> bool:
        """Whether it is of child safety's: what a server answers may name the owner."""
        action = self._moves.row(row["action_id"] or row["delivery_id"].removesuffix(REASONS))
        return action is not None and bool(action["restricted"])


def state_after(row: Mapping[str, Any], attempt: Attempt, next_ms: int | None, now_ms: int) -> str:
    """What a message is after an attempt: one that nobody refused, and whose time ran out, has expired."""
    if attempt.ending is Ending.SENT:
        return SENT
    if next_ms is not None:
        return WAITING
    timely = row["not_after_ms"]
    return EXPIRED if timely is not None and (attempt.ending is Ending.LATER or now_ms > timely) else REFUSED


def undelivered(messages: Messages, action: Mapping[str, Any], why: str) -> None:
    """Page that an action did not come about; whom a restricted one is about stands in no page."""
    whom = "a restricted case" if action["restricted"] else f"{action['kind']} {action['entity_id']}"
    what = f"{action['rung']} of {whom} was not carried out: {why}"
    data = {"action_id": action["action_id"], "rule": action["rule"], "clause": action["clause"]}
    messages.page(f"action:{action['action_id']}", "undelivered", what, urgent=action["rung"] != NOTICE, data=data)
