"""One message on its way to one sink, and how an attempt to send it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True)
class Delivery:
    """A message. Times in ms since 1970.

    id: the same over all attempts, and the idempotency key (an action's own id for what asks for it; that id and
    `.lift` for what ends it); type: what it is, as a CloudEvent (`tipstaff.action.requested`); subject: whom it is
    about; data: JSON; attempts: made before this one; not_after_ms: no attempt after it, None for ever;
    version: of the account's desired state at the decision, for If-Match, None where it matters not.
    """

    id: str
    sink: str
    type: str
    subject: str
    time_ms: int
    data: Mapping[str, Any] = field(repr=False)
    attempts: int = 0
    not_after_ms: int | None = None
    version: int | None = None


class Ending(StrEnum):
    """How an attempt ended: the sink has it; it may work later; it never will."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True)
class Attempt:
    """What came of one attempt. status: HTTP's or SMTP's, None where nobody answered; detail: why, without secrets, at
    most 200 characters; retry_after_ms: what the other side asked for; certain: False where it may have been applied
    all the same (a time-out after sending); answer: what it said, kept for people, JSON.
    """

    ending: Ending
    status: int | None = None
    detail: str = ""
    retry_after_ms: int | None = None
    certain: bool = True
    answer: Mapping[str, Any] = field(default_factory=dict)


class Sink(Protocol):
    """A way to send. Never raises for what the other side does; blocks for at most its own time limit."""

    name: str

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        """Try once."""

    def close(self) -> None:
        """Let go of connections."""


class Outbox(Protocol):
    """Where deliveries wait: the ledger's, which lasts."""

    def claim(self, sink: str, most: int, now_ms: int) -> Sequence[Delivery]:
        """What may leave now, the oldest first, never two of one subject, never one whose subject has an older one
        waiting; each is noted as being attempted before this returns. What may no longer leave (expired, stopped,
        reversed) is settled here and not returned.
        """

    def settle(self, delivery: Delivery, attempt: Attempt, next_ms: int | None, now_ms: int) -> None:
        """Note how an attempt ended; next_ms: when to try again, None where that is over. Settling twice changes
        nothing.
        """

    def next_due(self, sink: str) -> int | None:
        """When the next may leave, None where nothing waits."""
