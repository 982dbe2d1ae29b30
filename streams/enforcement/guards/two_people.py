"""Whether people must agree before it is done."""

from __future__ import annotations

from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.rungs import BY_PEOPLE

AT_LEAST = 2
"""How many must agree on what people alone do."""


def two_people(asked: Asked) -> Held | None:
    """Hold what the ladder leaves to people to agree on, and what people alone do whatever the file says."""
    needed = asked.terms.people if asked.terms else AT_LEAST
    if asked.wanted.rung in BY_PEOPLE:
        needed = max(needed, AT_LEAST)
    return Held(Reason.TWO_PEOPLE, {"people_needed": needed}, proposed=True) if needed > 0 else None
