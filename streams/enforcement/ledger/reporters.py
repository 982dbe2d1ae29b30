"""What the ledger knows of reporters: what became of their reports, and which restrictions rest on a report."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.case_labels import GUILTY, HONEST
from streams.enforcement.ledger.case_lists import CLOSED
from streams.enforcement.ledger.schema import cases, reports
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.people.roles import VIOLATION
from streams.enforcement.policy.action import Action
from streams.enforcement.policy.trust import Trust
from streams.enforcement.statement.restriction import Source


def closed_reports(tx: Transaction, reporter: str) -> tuple[int, int]:
    """Cases of somebody's reports of violations that were closed as right, and as not; other endings say neither."""
    joined = reports.join(cases, cases.c.case_id == reports.c.case_id)
    counted = sa.func.count(sa.distinct(cases.c.case_id)).label("n")
    query = sa.select(cases.c.disposition, counted).select_from(joined).where(
        reports.c.reporter_id == reporter, reports.c.kind == VIOLATION, cases.c.state == CLOSED,
    )  # fmt: skip
    found = {row["disposition"]: row["n"] for row in tx.rows(query.group_by(cases.c.disposition))}
    return sum(found.get(one, 0) for one in GUILTY), sum(found.get(one, 0) for one in HONEST)


def source_of(tx: Transaction, action: Action, signals: tuple[str, ...] | None, since_ms: int) -> Source | None:
    """How what an action rests on came to be known, where a report in the ledger says more than its alert; else None.

    signals: of its alert, None without one; since_ms: older reports count no more. It is the same whenever it is asked.
    """
    if signals is not None and "report" not in signals:
        return None
    mine = sa.and_(
        reports.c.account_id == action.account_id, reports.c.clause == action.clause, reports.c.kind == VIOLATION,
        reports.c.taken_ms <= action.decided_ms, reports.c.taken_ms > since_ms,
    )  # fmt: skip
    said = {row["trust"] for row in tx.rows(sa.select(reports.c.trust).where(mine).distinct())}
    if str(Trust.TRUSTED) in said:
        return Source.TRUSTED_FLAGGER
    return Source.REPORT if said else None
