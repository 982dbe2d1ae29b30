"""An account goes on although a confirmed action suspends it: people are paged once about each such action."""

from __future__ import annotations

from detectors.alert import Alert
from streams.enforcement.ledger.account_books import AccountBook
from streams.enforcement.ledger.messages import Messages
from streams.enforcement.policy.action import Action, State
from streams.enforcement.policy.rungs import SUSPEND, TERMINATE

GRACE_MS = 5 * 60_000
"""How long after a suspension usage may still trickle in."""


def not_holding(alert: Alert, book: AccountBook) -> Action | None:
    """The newest action that suspends the account, and that the alert's events come after; None for none."""
    return next((action for action in book.standing.actions if _holds(action, alert.time)), None)


def _holds(action: Action, time_ms: int) -> bool:
    """Whether by its word nothing should go on at a time."""
    since = action.confirmed_ms
    stops = action.rung in (SUSPEND, TERMINATE) and action.state is State.CONFIRMED
    return stops and since is not None and time_ms > since + GRACE_MS


def tell(messages: Messages, action: Action, alert: Alert, case_id: str | None) -> None:
    """Page that it goes on, unless somebody was paged about this action already."""
    subject = f"after:{action.id}"
    if messages.told(subject):
        return
    who = "an account" if alert.restricted else alert.account_id
    messages.page(subject, "usage", f"{who} is suspended, and its usage goes on: {alert.title}", True,
                  {"action_id": action.id, "case_id": case_id, "rule": alert.detector, "runbook": alert.runbook,
                   "alert_id": alert.id})  # fmt: skip
