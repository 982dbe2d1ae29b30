"""What an account's owner is told about an action: its statement of reasons, with whom to send it to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.reasoned import restrictions
from streams.enforcement.ledger.reporters import source_of
from streams.enforcement.ledger.rows import alert_of, facts_of
from streams.enforcement.ledger.schema import actions, alerts
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.action import Action
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.rungs import NOTICE
from streams.enforcement.statement.reasons import as_text
from streams.enforcement.statement.restriction import Restriction, restriction_of

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
        policy, alert = self._in_force.policy, alert_of(row) if row else None
        since_ms = action.decided_ms - policy.strike_decay_ms
        source = source_of(self._tx, action, alert.signals if alert else None, since_ms)
        restriction = restriction_of(
            action, clause, policy, alert, facts,
            confirmed=approved or action.by is not None, source=source, end_users=decision.end_users,
            deadline_ms=decision.deadline_ms,
        )  # fmt: skip
        return _letter(restriction, action.account_id, facts)


def released_letter(tx: Transaction, in_force: InForce, action_id: str) -> dict[str, Any] | None:
    """The letter of an action as it stands in the ledger; None where nobody outside may be told, or the policy no
    longer has its clause.
    """
    action = tx.one(sa.select(actions).where(actions.c.action_id == action_id))
    restriction = next(restrictions(tx, in_force, 0, 0, ids=(action_id,)), None)
    if action is None or restriction is None:
        return None
    known = tx.one(sa.select(schema.facts).where(schema.facts.c.account_id == action["account_id"]))
    return _letter(restriction, action["account_id"], facts_of(known) if known else None)


def _letter(restriction: Restriction, account: str, facts: Facts | None) -> dict[str, Any] | None:
    text = as_text(restriction)
    if text is None:
        return None
    return {"to": facts.owner_contact if facts else None, "account_id": account, "action_id": restriction.action_id,
            "subject": _SUBJECTS.get(restriction.rung, _SUBJECT), "text": text}  # fmt: skip
