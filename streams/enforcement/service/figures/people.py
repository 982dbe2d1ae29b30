"""What people have to do."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from detectors.clauses import Clause
from streams.enforcement.ledger.case_lists import OPEN
from streams.enforcement.ledger.schema import actions, cases, pending
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.obeying.reports import MODEL_OWNERS
from streams.enforcement.policy.action import State
from streams.enforcement.policy.people_first import DEFAULT_ROLE
from streams.enforcement.telemetry.standing import Standing


class PeopleFigures:
    """Shows them; a role that once had a case goes on being shown."""

    def __init__(self, shown: Standing) -> None:
        self._shown, self._roles = shown, {DEFAULT_ROLE, MODEL_OWNERS}

    def show(self, tx: Transaction, clauses: Mapping[str, Clause]) -> None:
        """As of the transaction's time; clauses: those in force."""
        found = _open_cases(tx)
        self._roles |= {*found, *(clause.role for clause in clauses.values() if clause.role)}
        for role in self._roles:
            row = found.get(role)
            self._shown.cases.labels(role).set(row["n"] if row else 0)
            self._shown.overdue.labels(role).set(int(row["overdue"]) if row else 0)
            self._shown.oldest_case.labels(role).set(max(tx.now_ms - row["oldest"], 0) / 1000 if row else 0)
        self._shown.waiting.set(_waiting(tx))


def _open_cases(tx: Transaction) -> dict[str, Row]:
    late = sa.func.sum(sa.case((cases.c.due_ms < tx.now_ms, 1), else_=0))
    query = sa.select(cases.c.role, sa.func.count().label("n"), late.label("overdue"),
                      sa.func.min(cases.c.opened_ms).label("oldest"))  # fmt: skip
    return {row["role"]: row for row in tx.rows(query.where(cases.c.state == OPEN).group_by(cases.c.role))}


def _waiting(tx: Transaction) -> int:
    proposed = sa.select(sa.func.count().label("n")).where(actions.c.state == str(State.PROPOSED))
    asked = sa.select(sa.func.count().label("n")).where(pending.c.until_ms >= tx.now_ms)
    return sum(int(row["n"]) for query in (proposed, asked) for row in tx.rows(query))
