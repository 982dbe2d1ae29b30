"""Restrictions that came into force, as statements of reasons need them."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.reporters import source_of
from streams.enforcement.ledger.rows import action_of, alert_of, facts_of
from streams.enforcement.ledger.schema import actions, alerts, facts
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.rungs import NOTICE
from streams.enforcement.statement.restriction import Restriction, restriction_of


def restrictions(
    tx: Transaction, in_force: InForce, since_ms: int, until_ms: int, *, ids: tuple[str, ...] = ()
) -> Iterator[Restriction]:
    """Those that came into force in a span, or those of these ids, oldest first.

    A restriction under a clause that the policy no longer has is left out: nobody could say what it rests on.
    """
    span = sa.and_(actions.c.confirmed_ms >= since_ms, actions.c.confirmed_ms < until_ms, actions.c.rung != NOTICE)
    chosen = actions.c.action_id.in_(ids) if ids else span
    rows = tx.rows(sa.select(actions).where(chosen).order_by(actions.c.decided_ms, actions.c.action_id))
    raised = {one["alert_id"]: one for one in tx.among(alerts, alerts.c.alert_id, (row["alert_id"] for row in rows))}
    known = {one["account_id"]: one for one in tx.among(facts, facts.c.account_id, (row["account_id"] for row in rows))}
    for row in rows:
        if row["clause"] in in_force.clauses:
            yield _restriction(tx, row, in_force, raised.get(row["alert_id"]), known.get(row["account_id"]))


def _restriction(tx: Transaction, row: Row, in_force: InForce, raised: Row | None, known: Row | None) -> Restriction:
    action, policy, alert = action_of(row), in_force.policy, alert_of(raised) if raised else None
    source = source_of(tx, action, alert.signals if alert else None, action.decided_ms - policy.strike_decay_ms)
    return restriction_of(
        action, in_force.clauses[row["clause"]], policy, alert, facts_of(known) if known else None, source=source,
        confirmed=row["by"] is not None or row["approved_by"] is not None,
        end_users=tuple(row["end_users"] or ()), deadline_ms=row["deadline_ms"],
        released=row["released_ms"] is not None,
    )  # fmt: skip
