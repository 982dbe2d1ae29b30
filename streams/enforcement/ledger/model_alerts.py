"""What models say, as it comes in: it waits for its turn, or joins a case that people have of the account anyway."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import sqlalchemy as sa

from detectors.alert import Alert
from streams.enforcement.ledger.casework import Casework
from streams.enforcement.ledger.cluster_cases import about_clusters
from streams.enforcement.ledger.schema import case_links, cases, model_alerts
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.models import p_value_of, spoken_by_model

WAITING, TOLD, LINKED, LAPSED = "waiting", "told", "linked", "lapsed"
"""States of a model's alert: nobody was told yet; a case was opened for it; it went into a case that was open anyway;
it was not told while it was open.
"""

STATES = (WAITING, TOLD, LINKED, LAPSED)
"""All of them."""

_BROUGHT = {TOLD: Reason.MODEL_TOLD, LINKED: Reason.MODEL_SUPPORTS}


class ModelAlerts:
    """Those of one transaction; `flush` writes them."""

    def __init__(self, tx: Transaction, work: Casework) -> None:
        self._tx, self._work = tx, work
        self._accounts: set[str] = set()
        self._stored: dict[str, Row] = {}
        self._new: dict[str, Row] = {}

    def prepare(self, news: Sequence[Alert]) -> None:
        """Ask at once for what taking them in will need."""
        spoken = [alert for alert in news if spoken_by_model(alert)]
        self._accounts = {alert.account_id for alert in spoken}
        ids = [alert.id for alert in spoken]
        self._stored = {row["alert_id"]: row for row in self._tx.among(model_alerts, model_alerts.c.alert_id, ids)}

    def take(self, decision: Decision, alert: Alert) -> tuple[Decision, str | None]:
        """What becomes of a decision that has it wait, and its case. Comes after all alerts that may open a case."""
        before = self._new.get(alert.id) or self._stored.get(alert.id)
        if before is not None and before["state"] in _BROUGHT:
            return replace(decision, reason=_BROUGHT[before["state"]]), before["case_id"]
        waits = before is not None and before["state"] == WAITING
        case_id, now = self._cases.get(alert.account_id), self._tx.now_ms
        self._new[alert.id] = {
            "alert_id": alert.id, "account_id": alert.account_id, "p_value": p_value_of(alert),
            "state": WAITING, "since_ms": before["since_ms"] if before and waits else now, "last_ms": now,
            "settled_ms": None, "case_id": None,
        }  # fmt: skip
        if case_id is None:
            return decision, None
        self._work.link(case_id, "alert", alert.id)
        self._new[alert.id] |= {"state": LINKED, "settled_ms": now, "case_id": case_id}
        return replace(decision, reason=Reason.MODEL_SUPPORTS), case_id

    @cached_property
    def _cases(self) -> dict[str, str]:
        self._work.flush()  # what this transaction has opened counts
        return open_cases(self._tx, self._accounts)

    def flush(self) -> None:
        """Write them."""
        known = self._stored.keys()
        self._tx.insert(model_alerts, [row for name, row in self._new.items() if name not in known])
        self._tx.replace(model_alerts, model_alerts.c.alert_id,
                         [row for name, row in self._new.items() if name in known])  # fmt: skip
        self._new = {}


def about_accounts() -> sa.ColumnElement[bool]:
    """Links that put an account into an open case about what it does.

    Not one that only few may see, nor a spent budget's, where nobody looks at single accounts, nor one of no clause,
    nor a cluster's: to be named beside others neither brings an account forward nor hides what a model says of it.
    """
    theirs = sa.select(cases.c.case_id).where(cases.c.state == "open", ~cases.c.restricted, cases.c.clause != "",
                                              cases.c.matter.not_like("budget:%"), ~about_clusters())  # fmt: skip
    return sa.and_(case_links.c.what == "account", case_links.c.case_id.in_(theirs))


def open_cases(tx: Transaction, accounts: Iterable[str]) -> dict[str, str]:
    """The open case of each account that has one: of several, the one that it has been in for longest."""
    rows = tx.among(case_links, case_links.c.ref, accounts, about_accounts())
    newest_first = sorted(rows, key=lambda row: (row["linked_ms"], row["case_id"]), reverse=True)
    return {row["ref"]: row["case_id"] for row in newest_first}
