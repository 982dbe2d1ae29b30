"""Pulses: the stream is told again and again whom a confirmed action suspends, and once that it is over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from features.ticks import HOUR_MS
from streams.enforcement.ledger.own_events import CURSOR, OwnEvents
from streams.enforcement.ledger.schema import actions, own_events, pulses, sources
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import SUSPEND, TERMINATE

STANDING, SUSPENDED, LIFTED = "standing", "suspended", "lifted"

EVERY_MS = HOUR_MS // 6
"""How far a suspension's pulses are apart."""

MOST = 500
"""Accounts of one round; who is left comes first in the next."""

KEPT_SENT = 10_000
"""Own events that stay in the ledger once they are sent, for whoever asks what the stream was told."""

_IN_FORCE = sa.and_(actions.c.state == str(State.CONFIRMED), actions.c.rung.in_((SUSPEND, TERMINATE)))


class Pulses:
    """Those of one transaction, at its time."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._own = tx, OwnEvents(tx)

    def keep(self) -> None:
        """Tell whom to tell now."""
        for row in self._due():
            self._suspended(row)
        for row in self._over():
            self._own.add(f"{row['action_id']}.{LIFTED}", STANDING, row["account_id"], self._tx.now_ms, phase=LIFTED)
            self._tx.delete(pulses, pulses.c.account_id == row["account_id"])
        self._forget()

    def _suspended(self, row: Row) -> None:
        """One pulse; its number is that of the time passed, so that no two come closer than rounds do."""
        number = max(self._tx.now_ms - row["confirmed_ms"], 0) // EVERY_MS
        self._own.add(f"{row['action_id']}.{SUSPENDED}.{number}", STANDING, row["account_id"], self._tx.now_ms,
                      phase=SUSPENDED)  # fmt: skip
        self._tx.put(pulses, {"account_id": row["account_id"], "action_id": row["action_id"],
                              "next_ms": row["confirmed_ms"] + (number + 1) * EVERY_MS})  # fmt: skip

    def _due(self) -> list[Row]:
        """One action in force of each account whose next pulse is due, the longest waiting first."""
        waiting = sa.func.coalesce(pulses.c.next_ms, 0)
        query = sa.select(actions.c.account_id, actions.c.action_id, actions.c.confirmed_ms).select_from(
            actions.outerjoin(pulses, pulses.c.account_id == actions.c.account_id)
        )
        found = self._rows(query.where(_IN_FORCE, waiting <= self._tx.now_ms)
                           .order_by(waiting, actions.c.account_id, actions.c.confirmed_ms.desc()))  # fmt: skip
        return list({row["account_id"]: row for row in found}.values())  # the last one stays: that confirmed first

    def _over(self) -> list[Row]:
        """Accounts that had pulses and are suspended no more."""
        still = sa.select(actions.c.account_id).where(_IN_FORCE)  # asked once, not for each account
        return self._rows(sa.select(pulses).where(pulses.c.account_id.not_in(still)).order_by(pulses.c.account_id))

    def _rows(self, query: sa.Select[Any]) -> list[Row]:
        return list(self._tx.rows(query.limit(MOST)))

    def _forget(self) -> None:
        row = self._tx.one(sa.select(sources.c.next_offset).where(sources.c.topic == CURSOR))
        if row is not None and row["next_offset"] > KEPT_SENT:
            self._tx.delete(own_events, own_events.c.number < row["next_offset"] - KEPT_SENT)
