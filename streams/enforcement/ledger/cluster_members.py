"""What is known of the accounts that a case about a cluster names, for whoever decides about single ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.reached import known_of
from streams.enforcement.ledger.schema import alerts
from streams.enforcement.ledger.transaction import Transaction


def members(tx: Transaction, names: Sequence[str], restricted: bool) -> list[dict[str, Any]]:
    """By account, as JSON: facts, standing, and `alerts`: how many are about the account itself, child safety's only if
    restricted. Those with the most come first: a cluster says nothing of what one of its accounts did.
    """
    known, own = known_of(tx, names, restricted), _own_alerts(tx, names, restricted)
    found = [{"account_id": name, "alerts": own.get(name, 0), **known[name]} for name in known]
    return sorted(found, key=lambda one: (-one["alerts"], one["account_id"]))


def _own_alerts(tx: Transaction, names: Sequence[str], restricted: bool) -> dict[str, int]:
    seen = [] if restricted else [~alerts.c.restricted]
    query = sa.select(alerts.c.account_id, sa.func.count().label("n")).where(alerts.c.account_id.in_(names), *seen)
    return {row["account_id"]: row["n"] for row in tx.rows(query.group_by(alerts.c.account_id))}
