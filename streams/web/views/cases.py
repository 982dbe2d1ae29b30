"""Cases: mine, a role's, those that are overdue, urgent or closed."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from streams.enforcement.ledger.case_lists import CLOSED, OPEN, Wanted, case_list
from streams.enforcement.ledger.schema import cases as table
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.web.office import Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views.entries import case_entry
from streams.web.views.paging import EACH, asked_for, first_of, part
from streams.web.views.sources import deskless

SHOWS = ("open", "mine", "unassigned", "urgent", "overdue", "closed")
"""Which cases a list may be of."""


def cases(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """Cases, urgent ones first, then by when they are due; closed ones, the last closed first."""
    if office.desk is None:
        return deskless("Cases")
    asked = asked_for(names, "show", "role", "account")
    with looking(office.desk, viewer, office.clock_ms) as tx:
        rows, total = _found(tx, viewer, asked, first_of(names))
        roles = _roles(tx, viewer.restricted)
        now = tx.now_ms
    return Page("cases.html", "Cases", {
        "asked": asked, "shows": SHOWS if viewer.name else [one for one in SHOWS if one != "mine"], "roles": roles,
        "rows": [case_entry(row, now) for row in rows], "part": part("/cases", names, asked, len(rows), total),
    })  # fmt: skip


def _found(tx: Transaction, viewer: Viewer, asked: Mapping[str, str], first: int) -> tuple[list[Row], int]:
    where = [*_shown(asked.get("show", ""), viewer.name, tx.now_ms), *_seen(viewer.restricted)]
    where += [table.c.role == asked["role"]] if "role" in asked else []
    where += [table.c.account_id == asked["account"]] if "account" in asked else []
    count = tx.one(sa.select(sa.func.count().label("n")).select_from(table).where(*where))
    order = (table.c.closed_ms.desc(), table.c.urgent.desc(), table.c.due_ms, table.c.case_id)
    query = sa.select(table.c.case_id).where(*where).order_by(*order).offset(first).limit(EACH)
    ids = [row["case_id"] for row in tx.rows(query)]
    found = {row["case_id"]: row for row in case_list(tx, Wanted(state=None, ids=ids), restricted=viewer.restricted)}
    return [found[one] for one in ids], int(count["n"]) if count else 0


def _seen(restricted: bool) -> list[sa.ColumnElement[bool]]:
    return [] if restricted else [~table.c.restricted]


def _shown(show: str, name: str | None, now_ms: int) -> list[sa.ColumnElement[bool]]:
    if show == "closed":
        return [table.c.state == CLOSED]
    more: dict[str, sa.ColumnElement[bool]] = {
        "mine": table.c.assignee == (name or ""), "unassigned": table.c.assignee.is_(None), "urgent": table.c.urgent,
        "overdue": table.c.due_ms < now_ms,
    }  # fmt: skip
    return [table.c.state == OPEN, *([more[show]] if show in more else [])]


def _roles(tx: Transaction, restricted: bool) -> list[str]:
    """Whom open cases are for."""
    query = sa.select(table.c.role).where(table.c.state == OPEN, *_seen(restricted)).distinct().order_by(table.c.role)
    return [row["role"] for row in tx.rows(query)]
