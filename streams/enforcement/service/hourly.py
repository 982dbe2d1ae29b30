"""Pages that come once an hour, however often there is a reason for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.ticks import HOUR_MS
from streams.enforcement.ledger.messages import Messages, Routes
from streams.enforcement.ledger.transaction import Transaction


def page_hourly(tx: Transaction, routes: Routes, subject: str, summary: str, urgent: bool,
                data: Mapping[str, Any]) -> None:  # fmt: skip
    """Page people about a subject, unless they were within this hour."""
    messages = Messages(tx, routes)
    messages.page(subject, str(tx.now_ms // HOUR_MS), summary, urgent, data)  # the same message within an hour
    messages.flush()
