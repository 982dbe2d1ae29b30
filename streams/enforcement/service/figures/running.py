"""How the ledger itself is run: its switch, lag, audit and size."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.audit_records import audit_head
from streams.enforcement.ledger.circumstances import ALL, Surroundings
from streams.enforcement.ledger.schema import alerts, switch
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.telemetry.standing import Standing

_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def show_running(tx: Transaction, shown: Standing, around: Surroundings) -> None:
    """As of the transaction's time."""
    shown.switch.set(int(around.switch.on and around.switch.known))
    off = sa.select(sa.func.count().label("n")).where(switch.c.scope != ALL, ~switch.c.on)
    shown.scopes_off.set(sum(row["n"] for row in tx.rows(off)))
    shown.lag.set(float("inf") if around.lag_ms is None else around.lag_ms / 1000)
    head = audit_head(tx)
    shown.audit.set(head["seq"] if head else 0)
    shown.bytes.set(_bytes_of(tx))


def newest_alert_ms(tx: Transaction) -> int:
    """When alerts were last taken in, 0 where none ever was."""
    row = tx.one(sa.select(sa.func.max(alerts.c.taken_ms).label("newest")))
    return int(row["newest"] or 0) if row else 0


def _bytes_of(tx: Transaction) -> int:
    query = _SIZE.get(tx.connection.dialect.name)
    return int(tx.connection.execute(sa.text(query)).scalar() or 0) if query else 0
