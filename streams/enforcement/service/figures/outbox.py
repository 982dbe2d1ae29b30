"""What waits to leave."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from streams.enforcement.ledger.messages import TRYING, WAITING
from streams.enforcement.ledger.schema import outbox
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.telemetry.standing import Standing


def show_outbox(tx: Transaction, shown: Standing, sinks: Iterable[str]) -> None:
    """Show how much waits for each sink, and for how long."""
    query = sa.select(outbox.c.sink, sa.func.count().label("n"), sa.func.min(outbox.c.time_ms).label("oldest"))
    rows = tx.rows(query.where(outbox.c.state.in_((WAITING, TRYING))).group_by(outbox.c.sink))
    found = {row["sink"]: row for row in rows}
    for sink in sinks:
        row = found.get(sink)
        shown.outbox.labels(sink).set(row["n"] if row else 0)
        shown.oldest.labels(sink).set(max(tx.now_ms - row["oldest"], 0) / 1000 if row else 0)
