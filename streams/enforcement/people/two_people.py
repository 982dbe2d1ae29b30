"""When something needs a second person, and when they agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streams.enforcement.audit.canonical import canonical
from streams.enforcement.policy.rungs import TERMINATE

TWO_PEOPLE = frozenset({
    "enforcement.resume", "budget.close", "account.unprotect", "facts.unlist", "people.add", "people.revoke",
    "hold.release", "account.erase",  # neither can be undone
})  # fmt: skip
"""What always takes two."""

BULK = 10
"""More accounts, or cases, than this at once take two people."""

APPROVAL_MS = 15 * 60_000
"""How long an approval counts."""

_BULK_VERBS = frozenset(
    {
        "account.act",
        "account.reinstate",
        "account.protect",
        "account.elsewhere",
        "action.approve",
        "action.undo",
        "case.close",
    }
)
_AHEAD_MS = 60_000


class Word(StrEnum):
    """yes: it may be done; waiting: for more people; alone: a team of one, for time to pass."""

    YES = "yes"
    WAITING = "waiting"
    ALONE = "alone"


@dataclass(frozen=True)
class Approval:
    """A person's word: on the hash of what they saw, and when (ms since 1970)."""

    by: str
    change: str
    at_ms: int


@dataclass(frozen=True)
class Agreement:
    """missing: how many more people; until_ms: when a team of one has waited long enough, None where it need not."""

    word: Word
    missing: int = 0
    until_ms: int | None = None


def approval_of(change: Mapping[str, Any]) -> str:
    """The hash that an approval names: 64 hex digits. Raises NotCanonical."""
    return hashlib.sha256(canonical(change)).hexdigest()


def bulk(verb: str, count: int) -> bool:
    """Whether a verb touches so many accounts or cases that it takes two people."""
    return verb in _BULK_VERBS and count > BULK


def people_needed(verb: str, count: int = 1, rung: str | None = None, override: bool = False) -> int:
    """How many people something takes. count: of accounts or cases it touches; override: a promotion past its gates."""
    promoted = verb == "rule.promote" and override
    terminating = verb in ("account.act", "action.approve") and rung == TERMINATE
    return 2 if verb in TWO_PEOPLE or promoted or terminating or bulk(verb, count) else 1


def agreed(
    approvals: Iterable[Approval], requester: str | None, needed: int, now_ms: int, people: int, alone_ms: int, *,
    change: str, asked_ms: int,
) -> Agreement:  # fmt: skip
    """Whether enough people agree on a change, the requester (None: policy) being one of them.

    people: of the team; alone_ms: how long a team of one waits from its only word on; asked_ms: when it was asked for.
    An approval of anything else, older than APPROVAL_MS, or by the requester counts for nothing.
    """
    for_this = [one for one in approvals if one.change == change and one.at_ms <= now_ms + _AHEAD_MS]
    if people == 1 and needed > 1:
        return _alone(for_this, requester, asked_ms, now_ms, alone_ms)
    agreeing = {one.by for one in for_this if now_ms - one.at_ms <= APPROVAL_MS} | {requester} - {None}
    missing = max(0, needed - len(agreeing))
    return Agreement(Word.WAITING if missing else Word.YES, missing)


def _alone(words: list[Approval], requester: str | None, asked_ms: int, now_ms: int, alone_ms: int) -> Agreement:
    """A team of one: the first word starts the wait, which no second word shortens."""
    if requester is None and not words:
        return Agreement(Word.WAITING, 1)
    since = asked_ms if requester is not None else min(one.at_ms for one in words)
    until = since + alone_ms
    return Agreement(Word.YES if now_ms >= until else Word.ALONE, 0, until)
