"""Alerts are taken in: each revision once, decided upon, and what follows is written, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from detectors.alert import Alert
from features.cluster_catalog import CLUSTER
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.guards.stack import guarded
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.account_books import AccountBook, nobodys_book, open_books
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.consequences import Consequences
from streams.enforcement.ledger.model_alerts import ModelAlerts
from streams.enforcement.ledger.rows import alert_row, decision_row
from streams.enforcement.ledger.schema import alert_revisions, alerts, case_links, decisions, holds
from streams.enforcement.ledger.trail import POLICY
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.clusters import about_cluster
from streams.enforcement.policy.deciding import decide
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.models import spoken_by_model
from streams.enforcement.policy.rungs import ACCOUNT


class Taking:
    """The alerts of one transaction."""

    def __init__(self, tx: Transaction, in_force: InForce, surroundings: Surroundings, after: Consequences) -> None:
        self._tx, self._in_force, self._around, self._after = tx, in_force, surroundings, after
        self._models = ModelAlerts(tx, after.cases)
        self._decided: list[dict[str, Any]] = []

    def take(self, new: Sequence[Alert]) -> list[Decision]:
        """Decide on every revision that is not known yet; repeated and lower ones change nothing.

        In order, but what is about keys, workloads and end users comes before what is about accounts: the narrower
        one is to be acted upon, and the account's own alert often stands before it. What models say comes last: it
        joins the cases that others open.
        """
        known = self._known(alert.id for alert in new)
        news = sorted(_news(new, known), key=lambda alert: (spoken_by_model(alert), alert.kind == ACCOUNT))
        whose = (alert.account_id for alert in news if not about_cluster(alert))
        books = open_books(self._tx, whose, self._in_force.policy.open_ms, self._in_force.policy.strike_decay_ms)
        self._after.prepare(news)
        self._models.prepare(news)
        self._write(news, known)
        found = [self._decide(alert, books.get(alert.account_id) or nobodys_book()) for alert in news]
        self._tx.insert(decisions, self._decided)
        self._models.flush()
        return found

    def _known(self, ids: Iterable[str]) -> dict[str, int]:
        return {row["alert_id"]: row["revision"] for row in self._tx.among(alerts, alerts.c.alert_id, ids)}

    def _write(self, news: Sequence[Alert], known: dict[str, int]) -> None:
        now = self._tx.now_ms
        newest = {alert.id: alert for alert in news}
        self._tx.insert(alerts, [{**alert_row(alert, now), "first_taken_ms": now} for alert in newest.values()
                                 if alert.id not in known])  # fmt: skip
        self._tx.replace(alerts, alerts.c.alert_id,
                         [alert_row(alert, now) for alert in newest.values() if alert.id in known])  # fmt: skip
        self._tx.insert(alert_revisions, [
            {"alert_id": alert.id, "revision": alert.revision, "severity": alert.severity, "time_ms": alert.time,
             "taken_ms": now, "evidence": alert_row(alert, now)["evidence"]} for alert in news
        ])  # fmt: skip

    def _decide(self, alert: Alert, book: AccountBook) -> Decision:
        book.alerts[alert.id] = alert
        opened, policy = book.open_alerts(alert), self._in_force.policy
        wanted = decide(opened, book.facts, book.standing, policy, self._in_force.clauses, self._tx.now_ms)
        around = self._around.of(alert.detector, alert.rule_version, alert.clause)
        decision = guarded(wanted, opened, book.facts, book.standing, policy, around, self._tx.now_ms)
        action_id: str | None = None
        if decision.reason is Reason.MODEL_BUDGET:
            decision, case_id = self._models.take(decision, alert)
        else:
            action_id, case_id = self._after.follow(decision, alert, book)
        self._note(decision, alert, action_id, case_id)
        return replace(decision, action_id=action_id)

    def _note(self, one: Decision, alert: Alert, action_id: str | None, case_id: str | None) -> None:
        row = decision_row(one, alert)
        self._after.trail.note(Kind.DECISION, POLICY, {**_whole(row), "pack": alert.pack, "action_id": action_id},
                               one.account_id or None)  # fmt: skip
        self._decided.append({**row, "account_id": one.account_id, "entity_id": one.entity_id,
                              "action_id": action_id, "case_id": case_id, "decided_ms": self._tx.now_ms})  # fmt: skip


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """A row without figures that are no finite numbers; canonical JSON knows none."""
    kept = {key: value for key, value in row["figures"].items()
            if not isinstance(value, float) or abs(value) != float("inf")}  # fmt: skip
    return {**row, "figures": kept}


def _news(new: Sequence[Alert], known: dict[str, int]) -> list[Alert]:
    """Revisions above those known, in order; of one that came twice, the first."""
    newest, found = dict(known), []
    for alert in new:
        if alert.revision > newest.get(alert.id, 0):
            newest[alert.id] = alert.revision
            found.append(alert)
    return found


def forget_evidence(tx: Transaction, before_ms: int) -> int:
    """Empty evidence that is older, but for accounts under a legal hold; returns of how many alerts."""
    held = sa.select(holds.c.account_id).where(holds.c.released_ms.is_(None))
    own = alerts.alias()
    kept = sa.union(sa.select(own.c.alert_id).where(own.c.account_id.in_(held)), _naming(held))
    revisions = sa.and_(alert_revisions.c.taken_ms < before_ms, alert_revisions.c.evidence.is_not(None),
                        alert_revisions.c.alert_id.not_in(kept))  # fmt: skip
    tx.update(alert_revisions, revisions, evidence=None)
    old = sa.and_(alerts.c.taken_ms < before_ms, alerts.c.evidence.is_not(None), alerts.c.alert_id.not_in(kept))
    return tx.update(alerts, old, evidence=None, events=None, accounts=None)


def _naming(accounts: sa.Select[tuple[str]]) -> sa.Select[tuple[str]]:
    """The alerts about clusters whose cases name some of these accounts."""
    told, named, about = case_links.alias(), case_links.alias(), alerts.alias()
    joined = told.join(named, named.c.case_id == told.c.case_id).join(about, about.c.alert_id == told.c.ref)
    theirs = sa.and_(named.c.what == "account", named.c.ref.in_(accounts))
    return sa.select(told.c.ref).select_from(joined).where(theirs, told.c.what == "alert", about.c.kind == CLUSTER)
