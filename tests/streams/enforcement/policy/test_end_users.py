"""Customers whose own users offend get time to act on them."""

from __future__ import annotations

from policy_matters import MINUTE_MS, NOW, POLICY, action, alert, decided, strikes, warned

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.policy.decision import Outcome, Reason

ACCOUNT = alert("content", rule="accounts", end_users=("user-1", "user-2"))
USER = alert("content", "end_user", "user-1", severity="low", signals=("content",))
PASSED = NOW - HOUR_MS


def test_an_end_users_alert_asks_the_customer_to_act() -> None:
    """A notice that names the end user's hash and a deadline."""
    found = decided(USER)
    assert (found.outcome, found.rung, found.kind, found.entity_id) == (Outcome.ACT, "notice", "end_user", "user-1")
    assert found.end_users == ("user-1",)
    assert found.deadline_ms == NOW + POLICY.end_user_deadline_ms


def test_before_any_restriction_the_customer_is_told_of_the_end_users() -> None:
    """Whatever the severity and the strikes; the figures say what it stands in for."""
    found = decided(ACCOUNT, strikes=strikes(9))
    assert (found.rung, found.kind, found.end_users) == ("notice", "account", ("user-1", "user-2"))
    assert found.deadline_ms == NOW + POLICY.end_user_deadline_ms
    assert (found.figures["instead_of"], found.figures["because"]) == ("suspend", "end_users_first")


def test_until_the_deadline_nothing_is_done() -> None:
    """Nor is the notice repeated; the decision says until when."""
    told = warned("user-1", "user-2", "user-3", deadline_ms=NOW + HOUR_MS)
    for about in (ACCOUNT, USER):
        found = decided(about, warned=(told,), strikes=strikes(9))
        assert (found.outcome, found.reason) == (Outcome.NOTHING, Reason.END_USERS_FIRST)
        assert found.figures["deadline_ms"] == NOW + HOUR_MS


def test_who_let_the_deadline_pass_answers_with_the_account() -> None:
    """One of those named goes on after it: account rungs are wanted."""
    told = warned("user-1", "user-9", deadline_ms=PASSED)
    assert decided(ACCOUNT, warned=(told,), strikes=strikes(9)).rung == "suspend"


def test_what_happened_before_the_deadline_is_not_held_against_the_customer() -> None:
    """An alert whose newest event is older than the deadline waits."""
    told = warned("user-1", "user-2", deadline_ms=NOW - MINUTE_MS)
    found = decided(alert("content", end_users=("user-1",), time=NOW - 2 * MINUTE_MS), warned=(told,))
    assert (found.outcome, found.reason) == (Outcome.NOTHING, Reason.END_USERS_FIRST)


def test_others_than_those_named_are_asked_about_first() -> None:
    """New offenders get a notice of their own; ever new ones do not buy ever new time."""
    once = warned("user-8", deadline_ms=PASSED)
    again = warned("user-9", deadline_ms=PASSED - 4 * DAY_MS)
    assert decided(ACCOUNT, warned=(once,), strikes=strikes(9)).rung == "notice"
    assert decided(ACCOUNT, warned=(once, again), strikes=strikes(9)).rung == "suspend"


def test_a_notice_under_another_clause_gives_no_time_under_this_one() -> None:
    """Deadlines are of one clause."""
    told = warned("user-1", "user-2", deadline_ms=PASSED, clause="mining")
    assert decided(ACCOUNT, warned=(told,), strikes=strikes(9)).rung == "notice"


def test_end_users_shield_nobody_where_the_clause_has_no_ladder_for_them() -> None:
    """Who mines cannot gain three days by sending end-user ids."""
    assert decided(alert(end_users=("user-1",))).rung == "throttle"


def test_without_end_users_the_account_is_meant() -> None:
    """An account's alert that names none goes up the ladder as any other."""
    assert decided(alert("content"), strikes=strikes(9)).rung == "suspend"


def test_a_notice_in_force_is_not_repeated_for_end_users() -> None:
    """Where the customer was told of the clause a while ago, policy waits and says so."""
    found = decided(ACCOUNT, actions=(action("notice", clause="content"),), strikes=strikes(9))
    assert (found.outcome, found.reason) == (Outcome.NOTHING, Reason.END_USERS_FIRST)
