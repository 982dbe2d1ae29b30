"""What an alert brings to people, whatever is done: a case, a page."""

from __future__ import annotations

from typing import TypedDict

from streams.enforcement.policy.matter import Matter

DEFAULT_ROLE = "policy review"
"""Whose case it is where the clause is not known, such as one of an older pack."""


class ToPeople(TypedDict):
    """The part of a decision that is for people."""

    case: str | None
    page: bool
    urgent: bool


def to_people(matter: Matter) -> ToPeople:
    """By the alert's severity, as policy's reactions say; a severity that it does not know pages."""
    severity = matter.about.severity
    reaction = matter.policy.reactions.get(severity, "page")
    page = reaction == "page"
    return {"case": None if reaction == "list" else role(matter, DEFAULT_ROLE), "page": page,
            "urgent": page and severity == "critical"}  # fmt: skip


def role(matter: Matter, otherwise: str) -> str:
    """Who looks at the clause's matters."""
    return matter.clause.role if matter.clause else otherwise
