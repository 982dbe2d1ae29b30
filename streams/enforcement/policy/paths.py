"""The paths of their own: child safety, care for a person at risk, and what is ours to repair."""

from __future__ import annotations

from streams.enforcement.policy.decided import nothing, wanted
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.models import spoken_by_model
from streams.enforcement.policy.people_first import role, to_people
from streams.enforcement.policy.rungs import ACCOUNT, CONTAIN
from streams.enforcement.policy.under_way import is_under_way

HASH_MATCH = "hash_match"

CHILD_SAFETY_ROLE = "child safety"
"""Whose case it is where the clause is not known and the alert is restricted."""


def is_child_safety(matter: Matter) -> bool:
    """Whether an alert goes to the child-safety reviewers; a restricted one does, even if its clause is not known."""
    return matter.about.restricted or (matter.clause is not None and matter.clause.path == "child_safety")


def child_safety(matter: Matter) -> Decision:
    """A hash match refuses generation; anything else does nothing to the account. People are told, the rest is kept.

    The account's owner is told nothing: text to them waits for the reviewer. A model's word alone refuses nothing, but
    waits for no budget either: nothing waits here.
    """
    people = {"case": role(matter, CHILD_SAFETY_ROLE), "page": True, "hold": True}
    if matter.about.knowledge != HASH_MATCH or spoken_by_model(matter.about):
        urgent = matter.about.severity == "critical"
        return nothing(matter, Reason.CHILD_SAFETY, people={**people, "urgent": urgent})
    people["urgent"] = True
    contained = any(one.rung == CONTAIN and is_under_way(one, matter.now_ms) for one in matter.standing.actions)
    if contained:
        return nothing(matter, Reason.IN_FORCE, people=people)
    return wanted(matter, Reason.CONTAINED, CONTAIN, ACCOUNT, matter.about.account_id, people=people)


def care(matter: Matter) -> Decision:
    """A person at risk gets a case with those who care for such, and never a rung or a strike."""
    return nothing(matter, Reason.CARE, people={**to_people(matter), "case": role(matter, "care team")})


def ours(matter: Matter) -> Decision:
    """What we confirmed does not hold: people are told by severity, and nothing follows for the account."""
    return nothing(matter, Reason.OURS, people={**to_people(matter), "case": role(matter, "platform reliability")})
