"""Rows by an id, or by how it begins, as people type it."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema import actions, alerts, cases
from streams.enforcement.ledger.transaction import Row, Transaction


def actions_like(tx: Transaction, wanted: str, restricted: bool) -> list[Row]:
    """The action of an id, else those whose ids begin so, at most two; restricted: child safety's too."""
    return _like(tx, actions, actions.c.action_id, wanted, restricted)


def alerts_like(tx: Transaction, wanted: str, restricted: bool) -> list[Row]:
    """The same of alerts."""
    return _like(tx, alerts, alerts.c.alert_id, wanted, restricted)


def cases_like(tx: Transaction, wanted: str, restricted: bool) -> list[Row]:
    """The same of cases."""
    return _like(tx, cases, cases.c.case_id, wanted, restricted)


def _like(tx: Transaction, table: sa.Table, key: sa.Column[str], wanted: str, restricted: bool) -> list[Row]:
    seen = [key.startswith(wanted, autoescape=True), *([] if restricted else [~table.c.restricted])]
    rows = tx.rows(sa.select(table).where(*seen).order_by(key).limit(2))
    return [row for row in rows if row[key.name] == wanted] or rows
