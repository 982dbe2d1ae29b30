"""What an action is called when its owner, or the public, is told of it."""

from __future__ import annotations

from datetime import UTC, datetime

from streams.dead_letters import clipped
from streams.enforcement.policy.rungs import (
    ACCOUNT,
    CONTAIN,
    END_USER,
    KEY,
    NOTICE,
    QUARANTINE_KEY,
    STOP_WORKLOAD,
    SUSPEND,
    TERMINATE,
    THROTTLE,
    WORKLOAD,
)

DONE = {
    NOTICE: "asked for a change in the use of",
    THROTTLE: "slowed down requests of",
    QUARANTINE_KEY: "disabled",
    STOP_WORKLOAD: "stopped",
    SUSPEND: "suspended",
    TERMINATE: "closed for good",
    CONTAIN: "refused to generate content for",
}
"""What was done, by rung, as it follows `We have`."""

OF = {ACCOUNT: "the account", KEY: "the API key", WORKLOAD: "the workload", END_USER: "the account"}
"""To what, by kind of entity, where it has a name."""

SOME = {ACCOUNT: "the account", KEY: "one API key of the account", WORKLOAD: "one workload of the account",
        END_USER: "the account"}  # fmt: skip
"""The same without a name."""


def named(kind: str, entity_id: str) -> str:
    """An entity for its owner, safe to show; a customer's own user has no name here."""
    return OF[kind] if kind == END_USER else f"{OF[kind]} {clipped(entity_id, 128)}"


def moment(ms: int) -> str:
    """A time to the minute: 2026-11-23 11:15 UTC."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(ms: int) -> str:
    """A date in UTC: 2026-11-23."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d")
