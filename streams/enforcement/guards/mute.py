"""After a reinstatement the same rule does no more than page about the account, for a while."""

from __future__ import annotations

from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.policy.decision import Reason


def muted(asked: Asked) -> Held | None:
    """Hold while the rule is muted on this account; of several mutes the longest counts."""
    ends = [mute.until_ms for mute in asked.standing.mutes if mute.rule == asked.wanted.rule]
    until = max(ends, default=None)
    if until is None or asked.now_ms >= until:
        return None
    return Held(Reason.MUTED, {"muted_until_ms": until})
