"""Whether the evidence is young enough to act on."""

from __future__ import annotations

from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.policy.decision import Reason


def stale(asked: Asked) -> Held | None:
    """Hold where the newest evidence is older than the rung allows, or so far ahead that clocks must be wrong."""
    most = asked.terms.evidence_age_ms if asked.terms else 0
    about = asked.about
    if about is not None and abs(asked.now_ms - about.time) <= most:
        return None  # most alerts, without a look at the others
    newest = _newest(asked)
    if newest is not None and abs(asked.now_ms - newest) <= most:
        return None
    age = "unknown" if newest is None else asked.now_ms - newest
    return Held(Reason.STALE, {"evidence_age_ms": age, "evidence_age_limit_ms": most}, proposed=True)


def _newest(asked: Asked) -> int | None:
    """The newest event's time (ms) among the alerts that the decision rests on."""
    rests_on = {asked.wanted.alert_id, *asked.wanted.alerts}
    return max((alert.time for alert in asked.alerts if alert.id in rests_on), default=None)
