"""What people themselves ask to be done to somebody passes the guards that nobody's word goes past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detectors.alert import Alert
from features.ticks import HOUR_MS
from streams.enforcement.guards.stack import NEVER_WAIVED, ORDER, guarded
from streams.enforcement.ledger.account_books import AccountBook, open_books
from streams.enforcement.obeying.errand import Errand, Turned
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.policy import Terms

BY_HAND = frozenset(str(name) for name in ORDER) - {str(name) for name in NEVER_WAIVED}
"""The guards that a person's own word waives."""


_PATIENCE_MS = HOUR_MS  # of a rung that the policy says nothing of


def patience_ms(terms: Terms | None) -> int:
    """How long what a person asked for may take to be delivered, by the terms of its rung."""
    return terms.not_after_ms if terms else _PATIENCE_MS


def books_of(errand: Errand, accounts: Sequence[str]) -> dict[str, AccountBook]:
    """The books of accounts."""
    policy = errand.in_force.policy
    return open_books(errand.tx, accounts, policy.open_ms, policy.strike_decay_ms)


def asked(errand: Errand, wanted: Decision, book: AccountBook, rule_version: str) -> Decision:
    """What a person wants, once the guards have spoken. Raises Turned where one holds it."""
    alerts: list[Alert] = list(book.alerts.values())
    first = [one for one in alerts if one.id == wanted.alert_id]
    alerts = [*first, *(one for one in alerts if one.id != wanted.alert_id)]
    around = errand.around.of(wanted.rule, rule_version, wanted.clause)
    decision = guarded(wanted, alerts, book.facts, book.standing, errand.in_force.policy, around, errand.tx.now_ms,
                       BY_HAND)  # fmt: skip
    if decision.outcome is not Outcome.ACT:
        raise Turned(f"{wanted.rung} of {wanted.kind} {wanted.entity_id}: {_held(decision)}")
    return decision


def _held(decision: Decision) -> str:
    if decision.reason is Reason.SWITCH:
        return "enforcement is stopped (tipstaff enforcement status)"
    if decision.reason is Reason.ALLOW_LISTED:
        return "the account is on the allow list: import facts without it first (tipstaff accounts import; two people)"
    if decision.reason is Reason.PROTECTED:  # by facts it is waived: what is left is a person's word
        return "a person protects the account: end that first (tipstaff accounts unprotect)"
    return f"held by {decision.reason}"


def wanted_of(row: Mapping[str, Any], not_after_ms: int) -> Decision:
    """The decision that an action's row stands for, wanted again now."""
    return Decision(
        Outcome.ACT, Reason.LADDER, row["alert_id"], 0, row["account_id"], row["clause"], row["rule"], row["rung"],
        row["kind"], row["entity_id"], row["lasts_ms"], not_after_ms, end_users=tuple(row["end_users"] or ()),
        deadline_ms=row["deadline_ms"],
    )  # fmt: skip
