"""The ledger's outbox: what waits to leave, who may leave now, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.held_back import HeldBack
from streams.enforcement.ledger.messages import CANCELLED, EXPIRED, REASONS, TRYING, WAITING, Messages, Routes
from streams.enforcement.ledger.moves import Moves
from streams.enforcement.ledger.release import WAITS
from streams.enforcement.ledger.schema import outbox
from streams.enforcement.ledger.settling import Settling, state_after, undelivered
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Ledger, Row, Transaction
from streams.enforcement.outbox.delivery import Attempt, Delivery
from streams.enforcement.outbox.message_types import REQUESTED
from streams.enforcement.policy.action import State

MayLeave = Callable[[Transaction, Mapping[str, Any]], str | None]
"""Looks at an action's row once more before it leaves: None, or why it may not."""

_TRYING_MS = 60_000
"""How long an attempt may take until it counts as lost with its process."""

_LOOK_AGAIN_MS = 1_000
_OPEN = (WAITING, TRYING)
_NEVER = tuple(map(str, (State.EXPIRED, State.FAILED, State.REVERSED, State.REJECTED)))
_OLDER = outbox.alias("older")


class LedgerOutbox:
    """An Outbox that lasts."""

    def __init__(self, ledger: Ledger, routes: Routes, may_leave: MayLeave) -> None:
        self._ledger, self._routes, self._may_leave = ledger, routes, may_leave

    def claim(self, sink: str, most: int, now_ms: int) -> Sequence[Delivery]:
        """What may leave now; see the protocol. Raises FencedOff."""
        found: list[Delivery] = []
        with self._ledger.writing(now_ms) as tx:
            # What is settled here makes room for the next of its subject.
            while len(found) < most and (rows := tx.rows(_ready(sink, most - len(found), now_ms))):
                found += _Claim(tx, self._routes, self._may_leave).of(rows)
        return found

    def settle(self, delivery: Delivery, attempt: Attempt, next_ms: int | None, now_ms: int) -> None:
        """Note how an attempt ended. Raises FencedOff."""
        with self._ledger.writing(now_ms) as tx:
            mine = sa.and_(outbox.c.delivery_id == delivery.id, outbox.c.sink == delivery.sink)
            row = tx.one(sa.select(outbox).where(mine))
            if row is None or row["state"] != TRYING or row["attempts"] != delivery.attempts + 1:
                return
            state = state_after(row, attempt, next_ms, now_ms)
            tx.update(
                outbox, mine, state=state, next_ms=next_ms or row["next_ms"], last_status=attempt.status,
                last_detail=attempt.detail[:200], answer=dict(attempt.answer),
                uncertain=row["uncertain"] or not attempt.certain, settled_ms=None if state == WAITING else now_ms,
            )  # fmt: skip
            Settling(tx, self._routes).after({**row, "last_detail": attempt.detail}, state)

    def next_due(self, sink: str) -> int | None:
        """When the next may leave."""
        with self._ledger.reading() as tx:
            query = sa.select(sa.func.min(outbox.c.next_ms).label("due"))
            row = tx.one(query.where(_first_of_subject(sink)))
            return None if row is None else row["due"]


def _ready(sink: str, most: int, now_ms: int) -> sa.Select[Any]:
    """What is due; every row of it must be changed before this is asked again."""
    due = sa.select(outbox).where(_first_of_subject(sink), outbox.c.next_ms <= now_ms)
    return due.order_by(outbox.c.time_ms, outbox.c.number).limit(most)


def _first_of_subject(sink: str) -> sa.ColumnElement[bool]:
    """Rows that are open, with no older open one of the same subject but such as begin later: those are passed by."""
    older = _OLDER.c
    begun = sa.or_(older.attempts > 0, older.next_ms <= outbox.c.next_ms)
    blocked = sa.exists().where(older.sink == sink, older.subject == outbox.c.subject, older.state.in_(_OPEN),
                                older.number < outbox.c.number, begun)  # fmt: skip
    return sa.and_(outbox.c.sink == sink, outbox.c.state.in_(_OPEN), ~blocked)


class _Claim:
    """One claim: each message is looked at once more."""

    def __init__(self, tx: Transaction, routes: Routes, may_leave: MayLeave) -> None:
        self._tx, self._may_leave = tx, may_leave
        self._messages, self._trail = Messages(tx, routes), Trail(tx)
        self._moves = Moves(tx, self._messages, self._trail)

    def of(self, rows: Sequence[Row]) -> list[Delivery]:
        found = [delivery_of(row) for row in rows if self._leaves(row)]
        self._messages.flush()
        self._trail.flush()
        return found

    def _leaves(self, row: Row) -> bool:
        if row["not_after_ms"] is not None and self._tx.now_ms > row["not_after_ms"]:
            return self._expired(row)
        asks = row["type"] == REQUESTED or (row["action_id"] and row["delivery_id"] == row["action_id"])
        if asks and not self._asked(row):
            return False
        if row["delivery_id"].endswith(REASONS) and not self._told(row):
            return False
        self._change(row, state=TRYING, attempts=row["attempts"] + 1, next_ms=self._tx.now_ms + _TRYING_MS)
        return True

    def _asked(self, row: Row) -> bool:
        """Whether what asks for an action may leave now."""
        action = self._moves.row(row["action_id"])
        why = "its action is gone" if action is None else self._may_leave(self._tx, action)
        if why == WAITS:
            return self._waits(row)
        if action is None or why is not None:
            self._cancel(row, str(why))
            if action is not None:
                self._moves.reverse(action, POLICY, str(why))
            return False
        if HeldBack(self._tx, self._messages).passed(row):
            return False
        self._moves.to(action, State.DISPATCHED, why="an attempt begins")
        return True

    def _told(self, row: Row) -> bool:
        """Whether a statement of reasons may leave: with what it gives the reasons for, and never without."""
        action = self._moves.row(row["delivery_id"].removesuffix(REASONS))
        if action is None or (action["confirmed_ms"] is None and action["state"] in _NEVER):
            return self._cancel(row, "what it gives the reasons for never came about")
        held = action["state"] == str(State.GUARDED) and self._may_leave(self._tx, action) == WAITS
        return self._waits(row) if held else True

    def _waits(self, row: Row) -> bool:
        HeldBack(self._tx, self._messages).wait(row, self._tx.now_ms + _LOOK_AGAIN_MS)
        return False

    def _cancel(self, row: Row, why: str) -> bool:
        self._change(row, state=CANCELLED, settled_ms=self._tx.now_ms, last_detail=why)
        return False

    def _expired(self, row: Row) -> bool:
        self._change(row, state=EXPIRED, settled_ms=self._tx.now_ms, last_detail="not delivered in time")
        action = self._moves.row(row["action_id"]) if row["action_id"] else None
        if action is not None and self._moves.expire(action, "not delivered in time"):
            undelivered(self._messages, action, "not delivered in time")
        return False

    def _change(self, row: Row, **values: Any) -> None:
        self._tx.update(outbox, outbox.c.number == row["number"], **values)


def delivery_of(row: Mapping[str, Any]) -> Delivery:
    """The message that a row of `outbox` holds."""
    return Delivery(row["delivery_id"], row["sink"], row["type"], row["subject"], row["time_ms"], row["data"],
                    row["attempts"], row["not_after_ms"], row["version"])  # fmt: skip
