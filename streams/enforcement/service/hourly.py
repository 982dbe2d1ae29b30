"""Pages that come once an hour, however often there is a reason for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from features.ticks import HOUR_MS
from streams.enforcement.ledger.messages import Messages, Routes
from streams.enforcement.ledger.schema import outbox
from streams.enforcement.ledger.transaction import Transaction


def page_hourly(tx: Transaction, routes: Routes, subject: str, summary: str, urgent: bool,
                data: Mapping[str, Any]) -> None:  # fmt: skip
    """Page people about a subject, unless they were within this hour."""
    hour = tx.now_ms // HOUR_MS
    mine = outbox.c.delivery_id == f"{subject}:{hour}"
    if tx.one(sa.select(outbox.c.number).where(mine).limit(1)) is not None:
        return
    messages = Messages(tx, routes)
    messages.page(subject, str(hour), summary, urgent, data)
    messages.flush()
