"""When a second person is needed, and when enough agree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.people.roles import VERBS
from streams.enforcement.people.two_people import (
    APPROVAL_MS,
    TWO_PEOPLE,
    Agreement,
    Approval,
    Word,
    agreed,
    approval_of,
    bulk,
    people_needed,
)

_NOW = 1_795_000_000_000
_CHANGE = approval_of({"rung": "terminate", "account_id": "a1"})
_OTHER = approval_of({"rung": "terminate", "account_id": "a2"})
_ALONE = 30 * 60_000


def _agreed(
    *approvals: Approval, by: str | None = "ada", needed: int = 2, now: int = _NOW, people: int = 2
) -> Agreement:
    return agreed(approvals, by, needed, now, people, _ALONE, change=_CHANGE, asked_ms=_NOW)


def _by(name: str, change: str = _CHANGE, at_ms: int = _NOW) -> Approval:
    return Approval(name, change, at_ms)


def test_an_approval_names_exactly_what_was_seen() -> None:
    """The hash is of the content, in whatever order it stands, and of nothing else."""
    assert approval_of({"account_id": "a1", "rung": "terminate"}) == _CHANGE
    assert _CHANGE != _OTHER
    assert len(_CHANGE) == 64


def test_a_second_person_makes_two() -> None:
    """One who asks waits for one more; another's approval of the same change is enough."""
    assert _agreed() == Agreement(Word.WAITING, 1)
    assert _agreed(_by("eve")) == Agreement(Word.YES)


def test_the_requester_s_own_approval_counts_for_nothing() -> None:
    """However often somebody agrees with themselves, they are one."""
    assert _agreed(_by("ada"), _by("ada", at_ms=_NOW - 1)).word == Word.WAITING
    assert _agreed(_by("eve"), _by("eve"), needed=3) == Agreement(Word.WAITING, 1)


def test_an_approval_of_something_else_counts_for_nothing() -> None:
    """What changed since it was looked at must be looked at again."""
    assert _agreed(_by("eve", _OTHER)) == Agreement(Word.WAITING, 1)


def test_an_approval_is_over_after_a_quarter_of_an_hour() -> None:
    """At 15 min it still counts, a moment later it does not; nor does one from the future."""
    assert _agreed(_by("eve", at_ms=_NOW - APPROVAL_MS)).word == Word.YES
    assert _agreed(_by("eve", at_ms=_NOW - APPROVAL_MS - 1)).word == Word.WAITING
    assert _agreed(_by("eve", at_ms=_NOW + 60_001)).word == Word.WAITING


def test_what_policy_proposes_needs_as_many_people_as_it_says() -> None:
    """Nobody asked, so one approval is one person, and two are two."""
    assert _agreed(_by("eve"), by=None, needed=1).word == Word.YES
    assert _agreed(by=None, needed=1) == Agreement(Word.WAITING, 1)
    assert _agreed(_by("eve"), by=None) == Agreement(Word.WAITING, 1)
    assert _agreed(_by("eve"), _by("ada"), by=None).word == Word.YES


def test_one_is_enough_where_one_is_needed() -> None:
    """A person's own request for what takes one is agreed at once, in a team of any size."""
    for people in (1, 2, 5):
        assert _agreed(needed=1, people=people).word == Word.YES


def test_a_team_of_one_waits_instead() -> None:
    """From the request on, half an hour here; no second word of theirs shortens it."""
    waiting = Agreement(Word.ALONE, 0, _NOW + _ALONE)
    assert _agreed(people=1) == _agreed(_by("ada"), people=1) == waiting
    assert _agreed(people=1, now=_NOW + _ALONE - 1).word == Word.ALONE
    assert _agreed(people=1, now=_NOW + _ALONE).word == Word.YES


def test_a_team_of_one_waits_from_its_word_on_what_policy_proposed() -> None:
    """Nothing begins to wait before the one person has agreed to this very change."""
    later = _NOW + 3_600_000
    assert _agreed(by=None, people=1, now=later) == Agreement(Word.WAITING, 1)
    assert _agreed(_by("ada", _OTHER), by=None, people=1, now=later) == Agreement(Word.WAITING, 1)
    said = _by("ada", at_ms=later)
    assert _agreed(said, by=None, people=1, now=later) == Agreement(Word.ALONE, 0, later + _ALONE)
    assert _agreed(said, by=None, people=1, now=later + _ALONE).word == Word.YES


@given(
    st.lists(st.builds(Approval, st.sampled_from("abc"), st.sampled_from([_CHANGE, _OTHER]),
                       st.integers(_NOW - 2 * APPROVAL_MS, _NOW + 120_000)), max_size=6),
    st.sampled_from([None, "a", "b"]), st.integers(1, 3), st.integers(2, 4),
)  # fmt: skip
def test_nobody_agrees_for_two(approvals: list[Approval], requester: str | None, needed: int, people: int) -> None:
    """Yes means so many different people, the requester among them, each with a fresh word on this change."""
    found = agreed(approvals, requester, needed, _NOW, people, _ALONE, change=_CHANGE, asked_ms=_NOW)
    fresh = {one.by for one in approvals
             if one.change == _CHANGE and _NOW - APPROVAL_MS <= one.at_ms <= _NOW + 60_000}  # fmt: skip
    assert (found.word == Word.YES) == (len(fresh | ({requester} if requester else set())) >= needed)


def test_what_takes_two_people() -> None:
    """The switch's resuming, budgets, protections lifted, people, overrides, terminating, and more than ten at once."""
    assert TWO_PEOPLE < VERBS
    assert {"enforcement.resume", "budget.close", "account.unprotect", "people.add", "people.revoke"} <= TWO_PEOPLE
    assert all(people_needed(verb) == 2 for verb in TWO_PEOPLE)
    assert people_needed("enforcement.stop", 100_000) == 1
    assert (people_needed("account.act", 10, "suspend"), people_needed("account.act", 11, "suspend")) == (1, 2)
    assert people_needed("account.act", 1, "terminate") == people_needed("action.approve", 1, "terminate") == 2
    assert (people_needed("rule.promote"), people_needed("rule.promote", override=True)) == (1, 2)
    assert bulk("action.undo", 11)
    assert bulk("case.close", 11)
    assert not bulk("case.note", 5_000)
