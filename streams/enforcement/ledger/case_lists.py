"""Cases for people to look at; child safety's only for those whom they concern."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from features.cluster_catalog import CLUSTER
from streams.enforcement.ledger.cluster_members import members
from streams.enforcement.ledger.schema import actions, alerts, appeals, case_links, case_notes, cases, reports
from streams.enforcement.ledger.transaction import Row, Transaction

OPEN, CLOSED = "open", "closed"
"""States of a case."""


@dataclass(frozen=True)
class Wanted:
    """Which cases; None: whatever it is. state: open or closed; overdue: only those whose time is over."""

    state: str | None = OPEN
    role: str | None = None
    clause: str | None = None
    account: str | None = None
    assignee: str | None = None
    overdue: bool = False
    ids: Sequence[str] | None = None


def case_list(tx: Transaction, wanted: Wanted, *, restricted: bool) -> list[Row]:
    """The cases, urgent ones first, then by when they are due; `accounts`, `alerts`, `actions`: how many each has."""
    where = [*_matching(wanted, tx.now_ms), *([] if restricted else [~cases.c.restricted])]
    found = tx.rows(sa.select(cases).where(*where).order_by(cases.c.urgent.desc(), cases.c.due_ms, cases.c.case_id))
    counts = _link_counts(tx, where)
    return [{**row, **{what: counts[row["case_id"]].get(what[:-1], 0) for what in ("accounts", "alerts", "actions")}}
            for row in found]  # fmt: skip


def _matching(wanted: Wanted, now_ms: int) -> list[sa.ColumnElement[bool]]:
    where = [cases.c[name] == value for name in ("state", "role", "clause", "assignee")
             if (value := getattr(wanted, name)) is not None]  # fmt: skip
    if wanted.ids is not None:
        where.append(cases.c.case_id.in_(wanted.ids))
    if wanted.overdue:
        where.append(cases.c.due_ms < now_ms)
    if wanted.account is not None:
        linked = sa.select(case_links.c.case_id).where(case_links.c.what == "account",
                                                       case_links.c.ref == wanted.account)  # fmt: skip
        where.append(sa.or_(cases.c.account_id == wanted.account, cases.c.case_id.in_(linked)))
    return where


def _link_counts(tx: Transaction, where: Sequence[sa.ColumnElement[bool]]) -> dict[str, dict[str, int]]:
    by = (case_links.c.case_id, case_links.c.what)
    joined = case_links.join(cases, cases.c.case_id == case_links.c.case_id)
    query = sa.select(*by, sa.func.count().label("n")).select_from(joined).where(*where).group_by(*by)
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in tx.rows(query):
        found[row["case_id"]][row["what"]] = row["n"]
    return found


@dataclass(frozen=True)
class Contents:
    """What is in a case, each in order of time; accounts and clusters by name.

    members: of a case about clusters, what is known of each of its accounts.
    """

    accounts: list[str]
    alerts: list[Row]
    actions: list[Row]
    reports: list[Row]
    appeals: list[Row]
    notes: list[Row]
    clusters: list[str]
    members: list[Row]


def contents(tx: Transaction, case_id: str, *, restricted: bool) -> Contents:
    """What a case holds. restricted: with child safety's, which cases of others may name."""
    refs = case_refs(tx, case_id)
    seen = [] if restricted else [~alerts.c.restricted]
    acts = [] if restricted else [~actions.c.restricted]
    return Contents(
        sorted(refs["account"]),
        sorted(tx.among(alerts, alerts.c.alert_id, refs["alert"], *seen), key=lambda row: row["first_taken_ms"]),
        sorted(tx.among(actions, actions.c.action_id, refs["action"], *acts), key=lambda row: row["decided_ms"]),
        sorted(tx.among(reports, reports.c.report_id, refs["report"]), key=lambda row: row["taken_ms"]),
        sorted(tx.among(appeals, appeals.c.appeal_id, refs["appeal"]), key=lambda row: row["appealed_ms"]),
        tx.rows(sa.select(case_notes).where(case_notes.c.case_id == case_id).order_by(case_notes.c.note)),
        sorted(refs[CLUSTER]),
        members(tx, refs["account"], restricted) if refs[CLUSTER] else [],
    )


def case_refs(tx: Transaction, case_id: str) -> defaultdict[str, list[str]]:
    """The ids that are linked to a case, by what they are of."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in tx.rows(sa.select(case_links).where(case_links.c.case_id == case_id)):
        found[row["what"]].append(row["ref"])
    return found
