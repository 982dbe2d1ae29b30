"""Which case an alert about a cluster belongs to, and which of the accounts that it names stand in that."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from detectors.alert import Alert
from features.arrivals import SEPARATOR
from features.cluster_catalog import CLUSTER
from streams.enforcement.ledger.casework import Casework
from streams.enforcement.ledger.schema import case_links, cases
from streams.enforcement.ledger.transaction import Transaction

MOST_ACCOUNTS = 1_000
"""Accounts of clusters that one case names; how often further ones were named is counted."""


class ClusterCases:
    """Those of one transaction."""

    def __init__(self, tx: Transaction, work: Casework) -> None:
        self._tx, self._work = tx, work

    def find(self, alert: Alert) -> str | None:
        """The open case of its clause that holds the cluster already, else one of which at least half of the accounts
        that it names are: a farm shares a template, a client and an address block, and is one matter. Of several the
        one with most of them, then the oldest.
        """
        self._work.flush()  # what this transaction has opened counts
        held = self._matching(alert, CLUSTER, [alert.entity])
        if held:
            return held[0][0]
        named = set(alert.accounts)
        alike = self._matching(alert, "account", named)
        return alike[0][0] if alike and 2 * alike[0][1] >= len(named) else None

    def _matching(self, alert: Alert, what: str, refs: Iterable[str]) -> list[tuple[str, int]]:
        """Open cases about clusters of its clause, with how many of these they hold, the most first."""
        found = sa.func.count().label("n")
        joined = case_links.join(cases, cases.c.case_id == case_links.c.case_id)
        query = sa.select(cases.c.case_id, found).select_from(joined).where(
            case_links.c.ref.in_(sorted(set(refs))), case_links.c.what == what, cases.c.state == "open",
            cases.c.clause == alert.clause, cases.c.restricted == alert.restricted, about_clusters(),
        ).group_by(cases.c.case_id, cases.c.opened_ms)  # fmt: skip
        rows = self._tx.rows(query.order_by(found.desc(), cases.c.opened_ms, cases.c.case_id).limit(1))
        return [(row["case_id"], row["n"]) for row in rows]

    def put(self, case_id: str, alert: Alert) -> None:
        """Put the cluster into a case, and those of its accounts that there is room for."""
        self._work.link(case_id, CLUSTER, alert.entity)
        self._work.flush()
        linked = set(self._linked(case_id))
        new = [account for account in dict.fromkeys(alert.accounts) if account not in linked]
        room = max(MOST_ACCOUNTS - len(linked), 0)
        for account in new[:room]:
            self._work.link(case_id, "account", account)
        if new[room:]:
            mine = cases.c.case_id == case_id
            self._tx.update(cases, mine, left_out=cases.c.left_out + len(new[room:]))

    def _linked(self, case_id: str) -> list[str]:
        mine = sa.and_(case_links.c.case_id == case_id, case_links.c.what == "account")
        return [row["ref"] for row in self._tx.rows(sa.select(case_links.c.ref).where(mine).limit(MOST_ACCOUNTS))]


def matter_of(alert: Alert) -> str:
    """What makes it one case with others where no case has it yet; no account's matter is called so."""
    access = f"restricted {CLUSTER}" if alert.restricted else CLUSTER
    return f"{alert.clause}:{SEPARATOR.join((access, alert.entity))}"


def about_clusters() -> sa.ColumnElement[bool]:
    """Of cases: that they are about a cluster, or several."""
    link = case_links.alias()
    mine = sa.select(link.c.ref).where(link.c.case_id == cases.c.case_id, link.c.what == CLUSTER)
    return mine.correlate(cases).exists()
