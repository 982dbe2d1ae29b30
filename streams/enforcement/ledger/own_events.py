"""Usage events that enforcement brings into the stream: written down with what caused them, sent afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.enforcement.ledger.schema import own_events, sources
from streams.enforcement.ledger.transaction import Ledger, Row, Transaction

CURSOR = "own-events"
"""What they are called among the ledger's sources, which say how far they were sent."""

MOST = 500
"""Events of one turn."""

Told = tuple[str, str, bytes]
"""An event's id, its account, and the event as JSON."""

Tell = Callable[[Sequence[Told]], None]
"""Writes events, and returns once they are durable."""


class OwnEvents:
    """Those of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, event_id: str, event_type: str, account_id: str, time_ms: int, /, **more: str | None) -> None:
        """An event to be sent; a repeated id changes nothing. time_ms: since 1970; more: its further keys."""
        if self._tx.one(sa.select(own_events.c.number).where(own_events.c.event_id == event_id)) is not None:
            return
        known = {name: value for name, value in more.items() if value is not None}
        line = {"id": event_id, "time": rfc3339(time_ms), "type": event_type, "account_id": account_id, **known}
        self._tx.insert(own_events, [{"event_id": event_id, "account_id": account_id,
                                      "line": msgspec.json.encode(line).decode()}])  # fmt: skip

    def next(self, first: int, most: int) -> list[Row]:
        """Those from a number on, oldest first."""
        query = sa.select(own_events).where(own_events.c.number >= first)
        return list(self._tx.rows(query.order_by(own_events.c.number).limit(most)))


class Sending:
    """Sends the ledger's own events in order, each at least once; how far it is stands in the ledger.

    After a crash between the two those of one turn come again, with the same ids: what reads them must bear that.
    """

    def __init__(self, ledger: Ledger, tell: Tell) -> None:
        self._ledger, self._tell = ledger, tell

    def turn(self, now_ms: int) -> int:
        """Send what is next; how many. Raises FencedOff, and what `tell` raises."""
        with self._ledger.reading() as tx:
            row = tx.one(sa.select(sources.c.next_offset).where(sources.c.topic == CURSOR))
            rows = OwnEvents(tx).next(int(row["next_offset"]) if row else 0, MOST)
        if not rows:
            return 0
        self._tell([(row["event_id"], row["account_id"], row["line"].encode()) for row in rows])
        with self._ledger.writing(now_ms) as tx:
            tx.put(sources, {"topic": CURSOR, "partition": 0, "next_offset": rows[-1]["number"] + 1})
        return len(rows)
