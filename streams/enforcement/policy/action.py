"""What is done to somebody: one action and the states it goes through."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

_NAMESPACE = uuid.UUID("c5d4b3f0-53f5-5a0e-8c39-1d0f6f3f9f10")


class State(StrEnum):
    """Where an action is.

    proposed: waits for people; guarded: every guard let it pass, a message is in the outbox; dispatched: an attempt to
    deliver it has begun; confirmed: the receiver has it, it is in force. The others are ends: expired: not delivered
    before its `not_after`; failed: the receiver refuses it; rejected: a person said no; ended: its time was over;
    reversed: undone.
    """

    PROPOSED = "proposed"
    GUARDED = "guarded"
    DISPATCHED = "dispatched"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    FAILED = "failed"
    REJECTED = "rejected"
    ENDED = "ended"
    REVERSED = "reversed"


UNDER_WAY = (State.GUARDED, State.DISPATCHED, State.CONFIRMED)
"""In force, or about to be."""

NEXT: dict[State, tuple[State, ...]] = {
    State.PROPOSED: (State.GUARDED, State.REJECTED, State.EXPIRED),
    State.GUARDED: (State.DISPATCHED, State.CONFIRMED, State.EXPIRED, State.FAILED, State.REVERSED),
    State.DISPATCHED: (State.CONFIRMED, State.EXPIRED, State.FAILED, State.REVERSED),
    State.CONFIRMED: (State.ENDED, State.REVERSED),
}
"""Which state may follow which; none follows an end."""


@dataclass(frozen=True)
class Action:
    """One action. Times in ms since 1970.

    kind, entity_id: what it is taken against; rule, rule_version, alert_id: what brought it about (empty where a person
    alone did); clause: what was broken; decided_ms: when; not_after_ms: not delivered by then, it expires;
    lasts_ms: how long it is in force, None until somebody lifts it; confirmed_ms, ends_ms: since and until when;
    by: the person who asked for it, None where policy did; version: raised at each change; leaves_ms: it may not leave
    before, None for at once.
    """

    id: str
    rung: str
    kind: str
    account_id: str
    entity_id: str
    clause: str
    rule: str
    rule_version: str
    alert_id: str
    state: State
    decided_ms: int
    not_after_ms: int
    lasts_ms: int | None
    confirmed_ms: int | None = None
    ends_ms: int | None = None
    by: str | None = None
    version: int = 1
    leaves_ms: int | None = None

    @property
    def automatic(self) -> bool:
        """Whether no person asked for it."""
        return self.by is None


def action_id(cause: str, rung: str, kind: str, entity: str, nth: int) -> str:
    """The id of the nth action (from 0) of a rung that a cause (an alert, a command) brings upon an entity."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((cause, rung, kind, entity, str(nth)))))
