"""The customer's own users: who lets others use the service gets time to act on them first."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.rungs import ACCOUNT, END_USER
from streams.enforcement.policy.standing import Warned


class Turn(StrEnum):
    """Whose turn it is. none: no end users are in it; ask: the customer is to be told of them; wait: they were, and
    have time left; over: they let the time pass.
    """

    NONE = "none"
    ASK = "ask"
    WAIT = "wait"
    OVER = "over"


def named(matter: Matter) -> tuple[str, ...]:
    """The end users that the alert is about or names, where the clause has a ladder for such."""
    if not matter.ladder(END_USER):
        return ()
    about = matter.about
    if about.kind == END_USER:
        return (about.entity_id,)
    return about.end_users if about.kind == ACCOUNT else ()


def whose_turn(matter: Matter) -> Turn:
    """Whether the customer is to be told of end users, has time left for them, or let it pass."""
    users = frozenset(named(matter))
    if not users:
        return Turn.NONE
    warned = [one for one in matter.standing.warned if one.clause == matter.about.clause and one.end_users]
    open_ones = [one for one in warned if not _passed(one, matter)]
    if users <= frozenset().union(*(one.end_users for one in open_ones)):
        return Turn.WAIT
    return Turn.OVER if _let_pass(users, [one for one in warned if _passed(one, matter)], matter) else Turn.ASK


def waits_until_ms(matter: Matter) -> int:
    """When the customer's time for the alert's end users ends; 0 where none runs."""
    users = frozenset(named(matter))
    return max((one.deadline_ms for one in matter.standing.warned
                if one.clause == matter.about.clause and one.end_users & users), default=0)  # fmt: skip


def _passed(one: Warned, matter: Matter) -> bool:
    """Whether the time given is over, and what is seen now came after it."""
    return one.deadline_ms < min(matter.now_ms, matter.about.time)


# Any one of those named who goes on shows that the customer did not act. Ever new names would otherwise buy ever new
# time, so after as many notices as there are tries for anything narrower the customer answers for whoever it is.
def _let_pass(users: frozenset[str], passed: Sequence[Warned], matter: Matter) -> bool:
    recent = [one for one in passed if one.delivered_ms > matter.now_ms - matter.policy.strike_decay_ms]
    return any(one.end_users & users for one in passed) or len(recent) >= matter.policy.narrower_tries
