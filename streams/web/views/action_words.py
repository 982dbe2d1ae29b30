"""Actions in words: where each is, since when and until when, and what that makes of an account's standing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streams.enforcement.ledger.transaction import Row
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import (
    CONTAIN,
    NOTICE,
    QUARANTINE_KEY,
    STOP_WORKLOAD,
    SUSPEND,
    TERMINATE,
    THROTTLE,
)
from streams.enforcement.statement.wording import moment
from streams.quantities import span
from streams.web.views.reason_words import rung

DONE: Mapping[str, str] = {
    NOTICE: "asked for a change", THROTTLE: "slowed down", QUARANTINE_KEY: "disabled", STOP_WORKLOAD: "stopped",
    SUSPEND: "suspended", TERMINATE: "closed for good", CONTAIN: "refused all generation",
}  # fmt: skip
"""What an account, a key or a workload is while a rung is in force upon it."""


def what(row: Row) -> str:
    """What is done to whom within the account: stop workload pod-1."""
    return rung(row["rung"]) + ("" if row["kind"] == "account" else f" {row['entity_id']}")


def state(row: Row) -> str:
    """Where an action is, with its times: in force since 2026-11-24 02:10 UTC until 2026-11-25 02:10 UTC."""
    return _SAID[row["state"]](row) if row["state"] in _SAID else str(row["state"])


def standing(row: Row) -> str:
    """What an action makes of its account: suspended, in force since … until …; where it is not in force, where it is
    instead.
    """
    if row["state"] != State.CONFIRMED or row["rung"] not in DONE:
        return f"{what(row)}: {state(row)}"
    whose = "" if row["kind"] == "account" else f"{row['kind'].replace('_', ' ')} {row['entity_id']} "
    return f"{whose}{DONE[row['rung']]}, {state(row)}"


def _proposed(row: Row) -> str:
    return f"proposed: it waits for people until {moment(row['not_after_ms'])}, and would hold {_lasting(row)}"


def _lasting(row: Row) -> str:
    return "until lifted" if row["lasts_ms"] is None else f"for {span(row['lasts_ms'])}"


def _guarded(row: Row) -> str:
    return "about to leave" + (f", not before {moment(row['leaves_ms'])}" if row["leaves_ms"] is not None else "")


def _confirmed(row: Row) -> str:
    until = "until lifted" if row["ends_ms"] is None else f"until {moment(row['ends_ms'])}"
    return f"in force since {moment(row['confirmed_ms'])} {until}"


def _expired(row: Row) -> str:
    unanswered = row["held_by"] is not None and row["approved_by"] is None
    return f"expired {_end(row)}: {'nobody approved it' if unanswered else 'not delivered'} in time"


def _end(row: Row) -> str:
    return moment(row["ends_ms"]) if row["ends_ms"] is not None else ""


def _after(row: Row) -> str:
    """For how long it was in force."""
    if row["confirmed_ms"] is None or row["ends_ms"] is None:
        return ", before it was in force"
    return f", after {span(max(row['ends_ms'] - row['confirmed_ms'], 0))}"


_SAID: Mapping[str, Callable[[Row], str]] = {
    State.PROPOSED: _proposed, State.GUARDED: _guarded, State.DISPATCHED: lambda row: "on its way",
    State.CONFIRMED: _confirmed, State.EXPIRED: _expired,
    State.FAILED: lambda row: f"failed {_end(row)}: the receiver refuses it",
    State.REJECTED: lambda row: f"rejected by {row['ended_by']} {_end(row)}",
    State.ENDED: lambda row: f"over since {_end(row)}{_after(row)}",
    State.REVERSED: lambda row: f"lifted by {row['ended_by']} {_end(row)}{_after(row)}",
}  # fmt: skip

STATES: Mapping[str, str] = {
    State.PROPOSED: "proposed: it waits for people", State.GUARDED: "about to leave",
    State.DISPATCHED: "on its way", State.CONFIRMED: "in force", State.EXPIRED: "expired: not in time",
    State.FAILED: "failed: the receiver refuses it", State.REJECTED: "rejected: a person said no",
    State.ENDED: "over: its time had come", State.REVERSED: "lifted: a person undid it",
}  # fmt: skip
"""Where an action may be, to choose from."""
