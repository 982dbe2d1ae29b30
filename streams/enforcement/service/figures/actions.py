"""Actions by rung and state, overturned ones, and what became of models' alerts."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.gates import undone_by_people
from streams.enforcement.ledger.model_figures import by_state
from streams.enforcement.ledger.schema import actions
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.telemetry.standing import Standing


def show_actions(tx: Transaction, shown: Standing) -> None:
    """Show how many there are."""
    query = sa.select(actions.c.rung, actions.c.state, sa.func.count().label("n"))
    rows = tx.rows(query.group_by(actions.c.rung, actions.c.state))
    found = {(row["rung"], row["state"]): row["n"] for row in rows}
    undone = _overturned(tx)
    for rung in TARGETS:
        shown.overturned.labels(rung).set(undone.get(rung, 0))
        for state in State:
            shown.actions.labels(rung, str(state)).set(found.get((rung, str(state)), 0))
    for state_of_model, count in by_state(tx).items():
        shown.models.labels(state_of_model).set(count)


def _overturned(tx: Transaction) -> dict[str, int]:
    query = sa.select(actions.c.rung, sa.func.count().label("n")).where(undone_by_people(-1))
    return {row["rung"]: row["n"] for row in tx.rows(query.group_by(actions.c.rung))}
