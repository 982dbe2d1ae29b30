"""What a decision brings to people: a case, and a page where that is new or has become urgent."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from detectors.alert import Alert
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.casework import Casework
from streams.enforcement.ledger.cluster_cases import ClusterCases, matter_of
from streams.enforcement.ledger.messages import Messages
from streams.enforcement.ledger.schema import cases
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.action import Action
from streams.enforcement.policy.clusters import about_cluster, size_of
from streams.enforcement.policy.decision import Decision, Reason


class Briefing:
    """The cases and pages of one transaction's decisions; what is linked waits for the casework's `flush`."""

    def __init__(self, tx: Transaction, in_force: InForce, messages: Messages, work: Casework) -> None:
        self._tx, self._in_force, self._messages, self._work = tx, in_force, messages, work
        self._clusters = ClusterCases(tx, work)

    def prepare(self, news: Sequence[Alert]) -> None:
        """Ask at once for the open cases of many accounts."""
        self._work.load(f"{alert.clause}:{alert.account_id}" for alert in news if not about_cluster(alert))

    def open_case(self, one: Decision, alert: Alert, failed: Action | None = None) -> str | None:
        """Bring to people what a decision brings them; gives the case, None for none.

        failed: the action that the alert shows not to hold.
        """
        if one.case is None:
            if one.page:
                self._page(f"alert:{alert.id}", one, alert, alert.title, None)
            return None
        case_id, title, new = self._cluster_case(one, alert) if about_cluster(alert) else self._case(one, alert)
        for what, ref in (("alert", alert.id), ("rule", alert.detector)):
            self._work.link(case_id, what, ref)
        if one.reason is Reason.OURS and failed is not None:  # the one page about it is that of the action
            self._link(case_id, failed)
        elif one.page and (new or (one.urgent and self._more_urgent(case_id))):
            self._page(f"case:{case_id}", one, alert, title, case_id)
        return case_id

    def _case(self, one: Decision, alert: Alert) -> tuple[str, str, bool]:
        matter, title, account = self._matter(one, alert)
        case_id, new = self._work.open(matter, one.case or "", one.clause, title, account=account, urgent=one.urgent,
                                       restricted=alert.restricted)  # fmt: skip
        self._work.link(case_id, "account", alert.account_id)
        return case_id, title, new

    def _cluster_case(self, one: Decision, alert: Alert) -> tuple[str, str, bool]:
        case_id, title, new = self._clusters.find(alert), alert.title, False
        if case_id is None:
            matter = matter_of(alert)
            if not alert.restricted and self._work.crowded(alert.detector):
                matter, title = _many(alert), f"many clusters: {alert.title}"
            case_id, new = self._work.open(matter, one.case or "", one.clause, title, urgent=one.urgent,
                                           restricted=alert.restricted)  # fmt: skip
        self._clusters.put(case_id, alert)
        return case_id, title, new

    def _link(self, case_id: str, failed: Action) -> None:
        """Name the action that does not hold; one that only few may see is named nowhere else."""
        clause = self._in_force.clauses.get(failed.clause)
        if clause is not None and not clause.restricted:
            self._work.link(case_id, "action", failed.id)

    def _matter(self, one: Decision, alert: Alert) -> tuple[str, str, str | None]:
        """What makes it one case with others: the account's breach; a budget that ran out; a rule that fires widely."""
        if one.reason is Reason.BUDGET:
            purse, scope = scope_of(one)
            return f"budget:{purse}:{scope}", f"the budget {purse} of {scope} is spent", None
        matter = f"{one.clause}:{alert.account_id}"
        if not alert.restricted and not self._work.known(matter) and self._work.crowded(alert.detector):
            return _many(alert), f"many accounts: {alert.title}", None
        return matter, alert.title, alert.account_id

    def _more_urgent(self, case_id: str) -> bool:
        return self._tx.update(cases, sa.and_(cases.c.case_id == case_id, ~cases.c.urgent), urgent=True) == 1

    def _page(self, subject: str, one: Decision, alert: Alert, title: str, case_id: str | None) -> None:
        summary = f"{alert.severity}: {title}" + ("" if alert.restricted else f" ({_whom(alert)})")
        data = {"case_id": case_id, "clause": one.clause, "role": one.case, "alert_severity": alert.severity,
                "rule": alert.detector, "runbook": alert.runbook, "outcome": str(one.outcome),
                "reason": str(one.reason), "alert_id": alert.id}  # fmt: skip
        if case_id is None and self._messages.told(subject):
            return
        self._messages.page(subject, "urgent" if one.urgent else "opened", summary, one.urgent, data)


def scope_of(one: Decision) -> tuple[str, str]:
    """The purse and the scope of the budget that holds a decision back."""
    return str(one.figures.get("purse", "")), str(one.figures.get("scope", ""))


def _many(alert: Alert) -> str:
    return f"many:{alert.detector}"


def _whom(alert: Alert) -> str:
    return f"{size_of(alert):,} accounts: {alert.entity}" if about_cluster(alert) else alert.account_id
