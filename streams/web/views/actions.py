"""Actions: those that are open, or of one state, rule or account; and what waits for a second person."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from streams.enforcement.ledger.action_lists import OPEN
from streams.enforcement.ledger.schema import actions as table
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.obeying.actions import preview_hash
from streams.web.office import Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views.entries import action_entry
from streams.web.views.paging import EACH, asked_for, first_of, part
from streams.web.views.reason_words import STATES
from streams.web.views.sources import deskless
from streams.web.views.waiting import pending_entries

_ALL = "all"


def actions(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """Actions, the last decided first."""
    if office.desk is None:
        return deskless("Actions")
    asked = asked_for(names, "state", "rule", "account")
    with looking(office.desk, viewer, office.clock_ms) as tx:
        rows, total = _found(tx, asked, viewer.restricted, first_of(names))
        waiting = pending_entries(tx, viewer.restricted)
    return Page("actions.html", "Actions", {
        "asked": asked, "states": {str(one): words for one, words in STATES.items()}, "waiting": waiting,
        "rows": [{**action_entry(row), "change": preview_hash([row], "approve")} for row in rows],
        "part": part("/actions", names, asked, len(rows), total),
    })  # fmt: skip


def _found(tx: Transaction, asked: Mapping[str, str], restricted: bool, first: int) -> tuple[list[Row], int]:
    where = [*([] if restricted else [~table.c.restricted]), *_states(asked.get("state", ""))]
    where += [table.c.rule == asked["rule"]] if "rule" in asked else []
    where += [table.c.account_id == asked["account"]] if "account" in asked else []
    count = tx.one(sa.select(sa.func.count().label("n")).select_from(table).where(*where))
    query = sa.select(table).where(*where).order_by(table.c.decided_ms.desc(), table.c.action_id)
    return tx.rows(query.offset(first).limit(EACH)), int(count["n"]) if count else 0


def _states(wanted: str) -> list[sa.ColumnElement[bool]]:
    if wanted == _ALL:
        return []
    return [table.c.state.in_([wanted] if wanted in STATES else list(OPEN))]
