"""How many alerts of models people were told of, how many wait, and what became of the others."""

from __future__ import annotations

import sqlalchemy as sa

from features.ticks import DAY_MS
from streams.enforcement.ledger.model_alerts import LAPSED, LINKED, STATES, TOLD, WAITING
from streams.enforcement.ledger.schema import model_alerts
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.models import allowed_by, day_of
from streams.enforcement.policy.policy import Policy


def told_today(tx: Transaction) -> int:
    """How many of the day's (UTC) allowance are used."""
    return _counted(tx, TOLD, day_of(tx.now_ms))


def model_figures(tx: Transaction, policy: Policy) -> dict[str, int]:
    """What became of the alerts of models, as of the transaction's time; how many, today's by the day (UTC)."""
    lately = tx.now_ms - DAY_MS
    return {"alerts_per_day": policy.models_per_day, "told_today": told_today(tx),
            "allowed_so_far_today": allowed_by(policy.models_per_day, tx.now_ms), "waiting": by_state(tx)[WAITING],
            "joined_cases_24h": _counted(tx, LINKED, lately), "lapsed_24h": _counted(tx, LAPSED, lately)}  # fmt: skip


def _counted(tx: Transaction, state: str, since_ms: int) -> int:
    mine = sa.and_(model_alerts.c.state == state, model_alerts.c.settled_ms >= since_ms)
    row = tx.one(sa.select(sa.func.count().label("n")).select_from(model_alerts).where(mine))
    return int(row["n"]) if row else 0


def by_state(tx: Transaction) -> dict[str, int]:
    """How many alerts of models are in each state."""
    query = sa.select(model_alerts.c.state, sa.func.count().label("n")).group_by(model_alerts.c.state)
    return dict.fromkeys(STATES, 0) | {row["state"]: int(row["n"]) for row in tx.rows(query)}
