"""How much of each budget is spent now, by the same figures that its guard looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from features.ticks import HOUR_MS
from streams.enforcement.guards.budgets import limits
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.schema import actions, breakers
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.policy import Policy


@dataclass(frozen=True, order=True)
class Use:
    """One limit of a purse: actions or accounts spent of the most that a window of ms may have."""

    purse: str
    scope: str
    window_ms: int
    spent: int
    most: int


def budget_use(tx: Transaction, policy: Policy, around: Surroundings) -> list[Use]:
    """Every limit of every purse: a rule's, clause's or plan's own only where it has spent something."""
    return sorted({use for purse in policy.budgets for use in _of(tx, policy, around, purse)})


def _of(tx: Transaction, policy: Policy, around: Surroundings, purse: str) -> Iterator[Use]:
    for rule, clause, plan in [("", "", None), *_payers(tx, purse)]:
        spent = around.purses.spent(rule, clause, tx.now_ms)[purse]
        wanted = Decision(Outcome.NOTHING, Reason.LADDER, "", 0, "", clause, rule)
        for limit in limits(policy.budgets[purse], spent, wanted, plan, around.active_accounts):
            if limit.scope not in ("rule:", "clause:") and (rule or limit.scope != "plan"):
                scope = f"plan:{plan or 'unknown'}" if limit.scope == "plan" else limit.scope
                yield Use(purse, scope, limit.window_ms, limit.spent, limit.most)


def _payers(tx: Transaction, purse: str) -> list[tuple[str, str, str | None]]:
    """The rule, clause and plan of what a purse paid for within the hour."""
    by = (actions.c.rule, actions.c.clause, actions.c.plan)
    lately = (actions.c.purse == purse, actions.c.decided_ms > tx.now_ms - HOUR_MS)
    return [(row["rule"], row["clause"], row["plan"]) for row in tx.rows(sa.select(*by).where(*lately).distinct())]


def open_breakers(tx: Transaction) -> list[Row]:
    """Budgets that ran out and wait for a person, the oldest first."""
    return tx.rows(sa.select(breakers).order_by(breakers.c.opened_ms, breakers.c.purse, breakers.c.scope))


def as_data(use: Use) -> dict[str, Any]:
    """A limit as JSON."""
    return {"purse": use.purse, "scope": use.scope, "window_s": use.window_ms // 1000, "spent": use.spent,
            "limit": use.most}  # fmt: skip
