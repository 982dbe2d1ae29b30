"""Appeals and reports for people to look at; those about child safety's matters only for those whom they concern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from detectors.clauses import Clause
from streams.enforcement.ledger.schema import actions, appeals, cases, reports
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import UNDER_WAY

OPEN = "open"
"""The state of what nobody has answered yet."""


def appeal_list(tx: Transaction, *, all: bool, restricted: bool) -> list[Row]:
    """Appeals in the order that they are due, with `rung`, `clause` and `action_state` of what they are against, and
    `due_ms`. all: also those that are answered.
    """
    of = (actions.c.rung, actions.c.clause, actions.c.entity_id, actions.c.kind, actions.c.state.label("action_state"),
          actions.c.by.label("action_by"), actions.c.restricted, cases.c.due_ms)  # fmt: skip
    joined = appeals.join(actions, actions.c.action_id == appeals.c.action_id).outerjoin(
        cases, cases.c.case_id == appeals.c.case_id)  # fmt: skip
    where = [*([] if all else [appeals.c.state == OPEN]), *([] if restricted else [~actions.c.restricted])]
    query = sa.select(appeals, *of).select_from(joined).where(*where)
    return tx.rows(query.order_by(cases.c.due_ms, appeals.c.appeal_id))


def report_list(tx: Transaction, clauses: Mapping[str, Clause], *, all: bool, restricted: bool,
                kind: str | None = None) -> list[Row]:  # fmt: skip
    """Reports in the order that they are due, with `urgent` and `due_ms`. all: also those that are answered."""
    of = (cases.c.due_ms, cases.c.urgent, cases.c.restricted)
    joined = reports.outerjoin(cases, cases.c.case_id == reports.c.case_id)
    where = [*([] if all else [reports.c.state == OPEN]), *([] if kind is None else [reports.c.kind == kind])]
    rows = tx.rows(sa.select(reports, *of).select_from(joined).where(*where).order_by(
        cases.c.due_ms, reports.c.report_id))  # fmt: skip
    return [row for row in rows if restricted or not _hidden(row, clauses)]


def _hidden(row: Row, clauses: Mapping[str, Clause]) -> bool:
    clause = clauses.get(row["clause"] or "")
    return bool(row["restricted"]) or (clause is not None and clause.restricted)


def appealed_as(tx: Transaction, outside_id: str, *, restricted: bool) -> list[Row]:
    """The actions that an appeal from elsewhere was recorded against, by what it is called there."""
    named = sa.select(appeals.c.action_id).where(appeals.c.outside_id == outside_id)
    seen = [] if restricted else [~actions.c.restricted]
    query = sa.select(actions).where(actions.c.action_id.in_(named), *seen)
    return tx.rows(query.order_by(actions.c.decided_ms.desc(), actions.c.action_id))


def actions_against(tx: Transaction, item: str, taken: list[str], *, restricted: bool) -> list[Row]:
    """The actions that an appeal from elsewhere means: by their ids; or, of an account, key or workload, those under
    way of rungs so called (all of them where none is named), newest first.
    """
    seen = [] if restricted else [~actions.c.restricted]
    by_id: list[Row] = list(tx.among(actions, actions.c.action_id, taken, *seen))
    if by_id:
        return by_id
    mine = sa.or_(actions.c.account_id == item, actions.c.entity_id == item)
    under_way = actions.c.state.in_([str(state) for state in UNDER_WAY])
    named: list[Any] = [actions.c.rung.in_(taken)] if taken else []
    query = sa.select(actions).where(mine, under_way, *named, *seen)
    return tx.rows(query.order_by(actions.c.decided_ms.desc(), actions.c.action_id))
