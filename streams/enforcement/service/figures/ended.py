"""Actions that were delivered, or never will be, counted once each as the ledger comes to hold them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from features.ticks import TICK_MS
from streams.enforcement.ledger.schema import actions, alerts
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import RESTRICTIONS
from streams.enforcement.telemetry.leaving import Leaving

OVERLAP_MS = 60_000
"""How far back each look goes behind the last: a transaction that began earlier may be written later."""

_NEVER = (str(State.EXPIRED), str(State.FAILED))


class Ended:
    """Counts what comes to its end after a time (ms)."""

    def __init__(self, told: Leaving, since_ms: int) -> None:
        self._told, self._since_ms, self._looked_ms = told, since_ms, since_ms
        self._counted: dict[str, int] = {}

    def count(self, tx: Transaction) -> None:
        """Count what is new, as of the transaction's time."""
        after = max(self._looked_ms - OVERLAP_MS, self._since_ms)
        self._counted = {id: at for id, at in self._counted.items() if at >= after}
        for row in tx.rows(_confirmed(after)):
            if self._new(row, row["confirmed_ms"]):
                self._delivered(row)
        for row in tx.rows(_undelivered(after)):
            if self._new(row, row["ends_ms"]):
                self._told.undelivered.inc()
        self._looked_ms = max(tx.now_ms, self._looked_ms)

    def _new(self, row: Row, at_ms: int) -> bool:
        new = row["action_id"] not in self._counted
        self._counted[row["action_id"]] = at_ms
        return new

    def _delivered(self, row: Row) -> None:
        left = max(row["decided_ms"], row["leaves_ms"] or 0)  # an approval is noted as the decision's time
        self._told.delivered.observe(max(row["confirmed_ms"] - left, 0) / 1000)
        if row["rung"] in RESTRICTIONS and row["start_tick"] is not None:
            began = row["start_tick"] * TICK_MS
            self._told.contained.labels(row["rung"]).observe(max(row["confirmed_ms"] - began, 0) / 1000)


def _confirmed(after_ms: int) -> sa.Select[Any]:
    """Those confirmed at that time or later, with the start of their alert's episode where they have one."""
    joined = actions.outerjoin(alerts, alerts.c.alert_id == actions.c.alert_id)
    query = sa.select(actions.c.action_id, actions.c.rung, actions.c.decided_ms, actions.c.leaves_ms,
                      actions.c.confirmed_ms, alerts.c.start_tick).select_from(joined)  # fmt: skip
    return query.where(actions.c.confirmed_ms >= after_ms)


def _undelivered(after_ms: int) -> sa.Select[Any]:
    """Those that will never be delivered; not proposals that nobody approved, which were never to leave."""
    approved = sa.or_(actions.c.held_by.is_(None), actions.c.approved_by.is_not(None))
    query = sa.select(actions.c.action_id, actions.c.ends_ms)
    return query.where(actions.c.state.in_(_NEVER), actions.c.confirmed_ms.is_(None), approved,
                       actions.c.ends_ms >= after_ms)  # fmt: skip
