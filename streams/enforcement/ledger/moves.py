"""Actions move from state to state: by compare-and-set, with what follows from each move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.messages import CANCELLED, SENT, TRYING, WAITING, Messages
from streams.enforcement.ledger.rows import action_of
from streams.enforcement.ledger.schema import actions, outbox, strikes, warned
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import NEXT, Action, State
from streams.enforcement.policy.rungs import NOTICE

_UNSENT = (WAITING, TRYING)


class Moves:
    """Moves of one transaction."""

    def __init__(self, tx: Transaction, messages: Messages, trail: Trail) -> None:
        self._tx, self._messages, self._trail = tx, messages, trail

    def row(self, action_id: str) -> Row | None:
        """An action's row as it is now."""
        return self._tx.one(sa.select(actions).where(actions.c.action_id == action_id))

    def to(self, row: Mapping[str, Any], state: State, by: str = POLICY, /, why: str = "", **changes: Any) -> bool:
        """Move an action; False where it has moved already, or may not move so."""
        before = State(row["state"])
        if state not in NEXT.get(before, ()):
            return False
        same = sa.and_(actions.c.action_id == row["action_id"], actions.c.version == row["version"])
        moved = (
            self._tx.update(
                actions, same, state=str(state), version=row["version"] + 1, **self._ended(state, by), **changes
            )
            == 1
        )
        if moved:
            self._trail.note(Kind.ACTION, by, {"action_id": row["action_id"], "rung": row["rung"], "from": str(before),
                                               "to": str(state), "why": why}, row["account_id"])  # fmt: skip
        return moved

    def confirm(self, action_id: str) -> bool:
        """The receiver has it: it is in force, and counts."""
        row = self.row(action_id)
        if row is None or not self.to(row, State.CONFIRMED, why="delivered", confirmed_ms=self._tx.now_ms):
            return False
        if row["strikes"]:
            self._tx.insert(strikes, [{"action_id": action_id, "account_id": row["account_id"],
                                       "clause": row["clause"], "count": row["strikes"],
                                       "given_ms": self._tx.now_ms}])  # fmt: skip
        if row["rung"] == NOTICE and row["deadline_ms"] is not None:
            self._tx.insert(warned, [{"action_id": action_id, "account_id": row["account_id"],
                                      "clause": row["clause"], "delivered_ms": self._tx.now_ms,
                                      "deadline_ms": row["deadline_ms"], "end_users": row["end_users"]}])  # fmt: skip
        return True

    def expire(self, row: Mapping[str, Any], why: str) -> bool:
        """Its time to be delivered, or to be approved, is over. What may have been applied is lifted."""
        return self._without_effect(row, State.EXPIRED, POLICY, why)

    def fail(self, row: Mapping[str, Any], why: str) -> bool:
        """The receiver will never take it."""
        return self._without_effect(row, State.FAILED, POLICY, why)

    def reverse(self, row: Mapping[str, Any], by: str, why: str) -> bool:
        """Undo it: what has not left stays, what may have arrived is lifted, its strikes are taken back."""
        if State(row["state"]) is State.PROPOSED:
            return self.to(row, State.REJECTED, by, why)
        if not self._without_effect(row, State.REVERSED, by, why):
            return False
        self._tx.update(strikes, sa.and_(strikes.c.action_id == row["action_id"], strikes.c.reversed_ms.is_(None)),
                        reversed_ms=self._tx.now_ms)  # fmt: skip
        self._tx.delete(warned, warned.c.action_id == row["action_id"])
        return True

    def end(self, row: Mapping[str, Any]) -> bool:
        """Its time is over: it is lifted, its strikes stay."""
        return self._without_effect(row, State.ENDED, POLICY, "its time is over")

    def _without_effect(self, row: Mapping[str, Any], state: State, by: str, why: str) -> bool:
        if not self.to(row, state, by, why):
            return False
        if self._may_have_arrived(row["action_id"]) and row["rung"] != NOTICE:
            self._messages.lift(action_of(row))
        own = sa.and_(outbox.c.action_id == row["action_id"], outbox.c.delivery_id == row["action_id"],
                      outbox.c.state.in_(_UNSENT))  # fmt: skip
        self._tx.update(outbox, own, state=CANCELLED, settled_ms=self._tx.now_ms, last_detail=f"{state}: {why}"[:200])
        return True

    def _ended(self, state: State, by: str) -> dict[str, Any]:
        """An end is noted with its time: a pause before the same again counts from it."""
        return {} if state in NEXT else {"ended_by": by, "ends_ms": self._tx.now_ms}

    def _may_have_arrived(self, action_id: str) -> bool:
        tried = sa.or_(outbox.c.state.in_((SENT, TRYING)), outbox.c.uncertain, outbox.c.attempts > 0)
        query = sa.select(outbox.c.number).where(outbox.c.delivery_id == action_id, tried).limit(1)
        return self._tx.one(query) is not None


def begun(action: Action) -> Action:
    """An action that has just passed its guards, with when it is to end."""
    ends = None if action.lasts_ms is None else action.decided_ms + action.lasts_ms
    return Action(**{**action.__dict__, "state": State.GUARDED, "ends_ms": ends})
