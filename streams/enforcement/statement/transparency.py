"""A restriction as a statement for the DSA Transparency Database. No personal data is in it: the texts are the
policy's and ours, and the action's id is the only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from streams.dead_letters import clipped
from streams.enforcement.policy.rungs import CONTAIN, QUARANTINE_KEY, STOP_WORKLOAD, SUSPEND, TERMINATE, THROTTLE
from streams.enforcement.statement.restriction import CHILD_SAFETY, Restriction, Source
from streams.enforcement.statement.submission import CATEGORY, MOST_EXPLANATION, MOST_FACTS, MOST_SHORT, Submission
from streams.enforcement.statement.wording import DONE, SOME, day

MOST_IN_BATCH = 100
"""How many statements the database takes at once."""

_PARTIAL = ("decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION", "end_date_service_restriction")
_DECISIONS = {
    THROTTLE: _PARTIAL, QUARANTINE_KEY: _PARTIAL, STOP_WORKLOAD: _PARTIAL, CONTAIN: _PARTIAL,
    SUSPEND: ("decision_account", "DECISION_ACCOUNT_SUSPENDED", "end_date_account_restriction"),
    TERMINATE: ("decision_account", "DECISION_ACCOUNT_TERMINATED", "end_date_account_restriction"),
}  # fmt: skip
_SOURCES = {
    Source.OWN: "SOURCE_VOLUNTARY", Source.REPORT: "SOURCE_TYPE_OTHER_NOTIFICATION",
    Source.ARTICLE_16: "SOURCE_ARTICLE_16", Source.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
}  # fmt: skip
_CONTENT = "Use of an AI inference and computing service"


class NoStatement(ValueError):
    """A restriction that the database would not take; says which field, and why."""


def as_statement(restriction: Restriction) -> dict[str, Any] | None:
    """The statement's JSON; None where there is to be none. Raises NoStatement.

    None for a notice, which restricts nothing; where the owner is the one wronged, since nothing of theirs is held
    against them; and for all of child safety, where even the fact is not for the public.
    """
    if restriction.rung not in _DECISIONS or restriction.victim or restriction.path == CHILD_SAFETY:
        return None
    return checked(_fields(restriction))


def checked(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement that keeps the database's limits, unchanged. Raises NoStatement."""
    try:
        found = msgspec.convert(dict(statement), Submission)
    except msgspec.ValidationError as error:
        raise NoStatement(f"no statement for the Transparency Database: {error}") from None
    kept: dict[str, Any] = msgspec.to_builtins(found)
    return kept


def batches(statements: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Bodies to send, of at most MOST_IN_BATCH statements each, in order."""
    rest = iter(statements)
    while some := list(islice(rest, MOST_IN_BATCH)):
        yield {"statements": some}


def _fields(one: Restriction) -> dict[str, Any]:
    field, decision, end = _DECISIONS[one.rung]
    found = {
        field: decision, **_ground(one), "category": CATEGORY + one.dsa_category,
        "content_type": ["CONTENT_TYPE_OTHER"], "content_type_other": _CONTENT, "content_date": day(one.seen_ms),
        "application_date": day(one.begins_ms), "decision_facts": clipped(_facts(one), MOST_FACTS),
        "source_type": _SOURCES[one.source], "automated_detection": "Yes" if one.detected else "No",
        "automated_decision": _automated(one), "puid": one.action_id,
    }  # fmt: skip
    if one.ends_ms is not None:
        found[end] = day(one.ends_ms)
    if one.business is not None:
        found["account_type"] = "ACCOUNT_TYPE_BUSINESS" if one.business else "ACCOUNT_TYPE_PRIVATE"
    return found


def _ground(one: Restriction) -> dict[str, str]:
    """Our terms, unless a person has named the law: no law is guessed."""
    why = clipped(one.clause_text, MOST_EXPLANATION)
    if one.legal_ground:
        return {"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT", "illegal_content_explanation": why,
                "illegal_content_legal_ground": clipped(one.legal_ground, MOST_SHORT)}  # fmt: skip
    where = ", ".join(part for part in (one.document or "our terms", one.section, one.clause_title) if part)
    return {"decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT", "incompatible_content_explanation": why,
            "incompatible_content_ground": clipped(where, MOST_SHORT),
            "incompatible_content_illegal": "Yes" if one.illegal else "No"}  # fmt: skip


def _facts(one: Restriction) -> str:
    found = "Automatic checks of usage found" if one.detected else "People found"
    told = "" if one.source is Source.OWN else " Somebody told us of it."
    return (f"{found} use of the service that looks like a breach of the clause “{one.clause_title}”.{told} "
            f"We have {DONE[one.rung]} {SOME[one.kind]}.")  # fmt: skip


def _automated(one: Restriction) -> str:
    if not one.automatic:
        return "AUTOMATED_DECISION_NOT_AUTOMATED"
    return "AUTOMATED_DECISION_PARTIALLY" if one.confirmed else "AUTOMATED_DECISION_FULLY"
