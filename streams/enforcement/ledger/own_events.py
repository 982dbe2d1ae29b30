"""Usage events that enforcement brings into the stream: written down with what caused them, sent afterwards."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.enforcement.ledger.schema import own_events
from streams.enforcement.ledger.transaction import Row, Transaction

CURSOR = "own-events"
"""What they are called among the ledger's sources, which say how far they were sent."""


class OwnEvents:
    """Those of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, event_id: str, kind: str, account_id: str, time_ms: int, **more: str | None) -> None:
        """An event to be sent; a repeated id changes nothing. time_ms: since 1970; more: its further keys."""
        if self._tx.one(sa.select(own_events.c.number).where(own_events.c.event_id == event_id)) is not None:
            return
        known = {name: value for name, value in more.items() if value is not None}
        line = {"id": event_id, "time": rfc3339(time_ms), "type": kind, "account_id": account_id, **known}
        self._tx.insert(own_events, [{"event_id": event_id, "account_id": account_id,
                                      "line": msgspec.json.encode(line).decode()}])  # fmt: skip

    def next(self, first: int, most: int) -> list[Row]:
        """Those from a number on, oldest first."""
        query = sa.select(own_events).where(own_events.c.number >= first)
        return list(self._tx.rows(query.order_by(own_events.c.number).limit(most)))
