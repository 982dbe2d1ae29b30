"""What an account's owner is told about an action: its statement of reasons, with whom to send it to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.rows import alert_of
from streams.enforcement.ledger.schema import alerts
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.action import Action
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.rungs import NOTICE
from streams.enforcement.statement.reasons import as_text
from streams.enforcement.statement.restriction import restriction_of

_SUBJECTS = {NOTICE: "Please look at your account"}
_SUBJECT = "A restriction on your account"


class Letters:
    """Writes letters in one transaction."""

    def __init__(self, in_force: InForce, tx: Transaction) -> None:
        self._in_force, self._tx = in_force, tx

    def __call__(
        self, action: Action, decision: Decision, facts: Facts | None, approved: bool
    ) -> dict[str, Any] | None:
        """The letter, None where nobody outside may be told."""
        clause = self._in_force.clauses.get(action.clause)
        if clause is None:
            return None
        row = self._tx.one(sa.select(alerts).where(alerts.c.alert_id == action.alert_id))
        restriction = restriction_of(
            action, clause, self._in_force.policy, alert_of(row) if row else None, facts,
            confirmed=approved or action.by is not None, end_users=decision.end_users, deadline_ms=decision.deadline_ms,
        )  # fmt: skip
        text = as_text(restriction)
        if text is None:
            return None
        return {"to": facts.owner_contact if facts else None, "account_id": action.account_id,
                "action_id": action.id, "subject": _SUBJECTS.get(action.rung, _SUBJECT), "text": text}  # fmt: skip
