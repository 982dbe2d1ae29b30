"""What waits for the switch, or for its campaign's turn, holds up nothing else, such as the lift of another action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.messages import TRYING, WAITING, Messages
from streams.enforcement.ledger.schema import actions, outbox
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.outbox.message_types import REQUESTED


class HeldBack:
    """Messages that wait, in one transaction."""

    def __init__(self, tx: Transaction, messages: Messages) -> None:
        self._tx, self._messages = tx, messages

    def wait(self, row: Mapping[str, Any], until_ms: int) -> None:
        """Look at a message again at a time, behind what came after it about the same subject and may leave now."""
        if not self._holds_up_others(row):
            self._tx.update(outbox, outbox.c.number == row["number"], next_ms=until_ms)
            return
        self._put_last(row, until_ms)

    def passed(self, row: Mapping[str, Any]) -> bool:
        """Whether a later change of the same account's desired state has left before a message, which then goes behind
        it: receivers refuse what is older than what they have.
        """
        if row["version"] is None or row["attempts"]:
            return False
        ahead = sa.and_(outbox.c.sink == row["sink"], outbox.c.subject == row["subject"], outbox.c.attempts > 0,
                        outbox.c.version > row["version"])  # fmt: skip
        if self._tx.one(sa.select(outbox.c.number).where(ahead).limit(1)) is None:
            return False
        self._put_last(row, self._tx.now_ms)
        return True

    def _put_last(self, row: Mapping[str, Any], until_ms: int) -> None:
        last = {key: value for key, value in row.items() if key != "number"} | self._renewed(row)
        self._tx.delete(outbox, outbox.c.number == row["number"])
        self._tx.insert(outbox, [{**last, "next_ms": until_ms}])

    def _holds_up_others(self, row: Mapping[str, Any]) -> bool:
        same = sa.and_(outbox.c.sink == row["sink"], outbox.c.subject == row["subject"],
                       outbox.c.number > row["number"], outbox.c.state.in_((WAITING, TRYING)))  # fmt: skip
        asks = sa.or_(outbox.c.type == REQUESTED, outbox.c.delivery_id == sa.func.coalesce(outbox.c.action_id, ""))
        return self._tx.one(sa.select(outbox.c.number).where(same, ~asks).limit(1)) is not None

    def _renewed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The version that it makes now, after theirs. What was tried before keeps its body: a receiver that has taken
        it knows it by that, and one that has not refuses it as older than theirs.
        """
        if row["version"] is None or row["attempts"]:
            return {}
        version = self._messages.next_version(row["subject"])
        self._tx.update(actions, actions.c.action_id == row["action_id"], desired_version=version)
        return {"version": version, "data": {**row["data"], "version": version}}
