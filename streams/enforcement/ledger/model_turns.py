"""Whose turn it is among the alerts of models that wait; what joins a case of another reason; what lapses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from detectors.alert import Alert
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.consequences import Consequences
from streams.enforcement.ledger.model_alerts import LAPSED, LINKED, TOLD, WAITING, about_accounts, open_cases
from streams.enforcement.ledger.model_figures import told_today
from streams.enforcement.ledger.rows import alert_of, decision_row
from streams.enforcement.ledger.schema import alerts, case_links, facts, model_alerts
from streams.enforcement.ledger.trail import POLICY
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.models import (
    Waiting,
    allowed_by,
    chosen,
    hour_of,
    lapses,
    supports,
    tells,
)
from streams.enforcement.policy.standing import Standing

MOST = 500
"""Alerts that lapse, or join cases, in one round; who is left comes in the next."""

_WAITS = model_alerts.c.state == WAITING


class ModelTurns:
    """One round, in one transaction, at its time."""

    def __init__(self, tx: Transaction, in_force: InForce, after: Consequences) -> None:
        self._tx, self._in_force, self._after = tx, in_force, after

    def keep(self) -> None:
        """All of it."""
        self._lapse()
        self._support()
        self._tell()

    @property
    def _open(self) -> sa.ColumnElement[bool]:
        return model_alerts.c.last_ms > self._tx.now_ms - self._in_force.policy.open_ms

    def _lapse(self) -> None:
        for alert in self._raised(self._some(~self._open)):
            self._settle(alert, LAPSED, self._decided(alert, lapses), None)

    def _support(self) -> None:
        """Let those join whose account has a case by now, of another's word or of another of theirs."""
        having = sa.select(case_links.c.ref).where(about_accounts())
        rows = self._some(model_alerts.c.account_id.in_(having))
        theirs = open_cases(self._tx, (row["account_id"] for row in rows))
        for alert in self._raised(rows):
            case_id = theirs[alert.account_id]
            self._after.cases.link(case_id, "alert", alert.id)
            self._settle(alert, LINKED, self._decided(alert, supports), case_id)

    def _tell(self) -> None:
        per_day, now, told = self._in_force.policy.models_per_day, self._tx.now_ms, told_today(self._tx)
        if told >= allowed_by(per_day, now):
            return
        for alert in self._raised_by([one.alert_id for one in chosen(self._waiting(), told, per_day, now)]):
            decision = self._decided(alert, tells)
            self._settle(alert, TOLD, decision, self._after.open_case(decision, alert))

    def _some(self, *where: sa.ColumnElement[bool]) -> list[Row]:
        query = sa.select(model_alerts).where(_WAITS, *where)
        return self._tx.rows(query.order_by(model_alerts.c.last_ms, model_alerts.c.alert_id).limit(MOST))

    def _waiting(self) -> list[Waiting]:
        """Those of the hours that are over."""
        joined = model_alerts.join(alerts, alerts.c.alert_id == model_alerts.c.alert_id).outerjoin(
            facts, facts.c.account_id == model_alerts.c.account_id
        )
        query = sa.select(model_alerts, alerts.c.plan, facts.c.known).select_from(joined)
        rows = self._tx.rows(query.where(_WAITS, self._open, model_alerts.c.since_ms < hour_of(self._tx.now_ms)))
        return [Waiting(row["alert_id"], row["account_id"], row["plan"], row["p_value"],
                        (row["known"] or {}).get("spend_usd_90d"), row["since_ms"]) for row in rows]  # fmt: skip

    def _raised(self, rows: Sequence[Row]) -> list[Alert]:
        return self._raised_by([row["alert_id"] for row in rows])

    def _raised_by(self, ids: Sequence[str]) -> list[Alert]:
        """The newest revisions, in the order of their ids."""
        found = {row["alert_id"]: alert_of(row) for row in self._tx.among(alerts, alerts.c.alert_id, ids)}
        self._after.trail.load(one.account_id for one in found.values())
        return [found[name] for name in ids]

    def _decided(self, alert: Alert, how: Callable[[Matter], Decision]) -> Decision:
        clause = self._in_force.clauses.get(alert.clause)
        return how(Matter(alert, [alert], None, Standing(alert.account_id), self._in_force.policy, clause,
                          self._tx.now_ms))  # fmt: skip

    def _settle(self, alert: Alert, state: str, decision: Decision, case_id: str | None) -> None:
        """Note what it is now, and why, in the audit."""
        self._tx.update(model_alerts, model_alerts.c.alert_id == alert.id, state=state, settled_ms=self._tx.now_ms,
                        case_id=case_id)  # fmt: skip
        body = {**decision_row(decision, alert), "pack": alert.pack, "action_id": None, "case_id": case_id}
        self._after.trail.note(Kind.DECISION, POLICY, body, alert.account_id)
