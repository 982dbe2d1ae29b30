"""Outcomes, reasons and figures of decisions, and rungs, in words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streams.enforcement.policy.decision import Outcome, Reason
from streams.enforcement.statement.wording import moment
from streams.quantities import number

OUTCOMES: Mapping[str, str] = {
    Outcome.ACT: "done", Outcome.HELD: "held back", Outcome.NOTHING: "nothing (more) is done",
}  # fmt: skip
"""What policy made of an alert."""

REASONS: Mapping[str, str] = {
    Reason.LADDER: "a step of the clause's ladder asks for it",
    Reason.CONTAINED: "known material: generation is refused at once",
    Reason.CHILD_SAFETY: "people of child safety alone go on from here",
    Reason.CARE: "a person at risk is no offender: people care for them",
    Reason.OURS: "what is wrong is ours: people look there, and nothing follows for the account",
    Reason.PAGE_ONLY: "the clause rests on no document, so that it goes no further than a page",
    Reason.NO_LADDER: "the policy has no step for such an entity under this clause",
    Reason.BELOW_LADDER: "severity, strikes or evidence reach no step of the ladder",
    Reason.IN_FORCE: "as much or more is in force, under way or proposed already",
    Reason.COOLING_DOWN: "as much was done a short while ago",
    Reason.NARROWER_FIRST: "a key or workload of the account is the one to act on first",
    Reason.END_USERS_FIRST: "the customer has time left to act on their own users",
    Reason.VICTIM: "the account holder is the one wronged",
    Reason.ENDED: "the episode is over, or the revision is not the newest",
    Reason.CLUSTER: "what accounts share is nobody's own doing: people look at single ones",
    Reason.MODEL_BUDGET: "a model alone says so: it waits until the day's allowance reaches it",
    Reason.MODEL_TOLD: "a model alone says so, and people have a case of it",
    Reason.MODEL_SUPPORTS: "a model says so too: it was put into the case that people have anyway",
    Reason.MODEL_LAPSED: "a model alone said so, and its turn never came",
    Reason.SWITCH: "enforcement is stopped, for all or for this",
    Reason.LAG: "the stream is late: we would be judging what is over",
    Reason.STALE: "its evidence is old",
    Reason.STAGE: "the rule has not earned the right to act here yet",
    Reason.MUTED: "the rule was wrong about this account before: it does no more than page for a while",
    Reason.OWN_EVIDENCE: "too few kinds of evidence of the account's own",
    Reason.ALLOW_LISTED: "the account is on the allow list",
    Reason.PROTECTED: "the account is protected: a person comes first",
    Reason.FACTS_UNKNOWN: "too little is known of the account: a person comes first",
    Reason.STATEFUL: "a workload of it holds data: a person comes first",
    Reason.BUDGET: "its budget is spent: too many at once",
    Reason.TWO_PEOPLE: "it takes two people",
}  # fmt: skip
"""Why, as it follows a colon."""


def reason(name: str) -> str:
    """A reason in words; one of a newer tipstaff by its own name."""
    return REASONS.get(name, name.replace("_", " "))


def outcome(name: str) -> str:
    """An outcome in words."""
    return OUTCOMES.get(name, name)


def rung(name: str) -> str:
    """A rung's name: stop workload."""
    return name.replace("_", " ")


def figures(found: Mapping[str, Any] | None) -> Iterator[str]:
    """What a reason rests on, each figure with its unit, which its name ends in."""
    for name, value in (found or {}).items():
        yield _figure(name, value)


def _figure(name: str, value: Any) -> str:
    if name.endswith("_until_ms") and isinstance(value, int):
        return f"{_words(name, '_ms')} {moment(value)}"
    for ending, unit in (("_ms", "ms"), ("_usd_90d", "USD within 90 d"), ("_usd", "USD")):
        if name.endswith(ending):
            return f"{_words(name, ending)} {number(value, unit)}"
    return f"{_words(name, '')} {number(value, 'share' if name in ('share', 'position') else '')}"


def _words(name: str, ending: str) -> str:
    return name.removesuffix(ending).replace("_", " ")
