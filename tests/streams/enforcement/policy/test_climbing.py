"""Which step of the ladder is wanted, and what stands before it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from policy_matters import MINUTE_MS, NOW, POLICY, action, alert, decided, strikes

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.policy.action import State
from streams.enforcement.policy.decision import Outcome, Reason
from streams.enforcement.policy.standing import Strike

NOTHING, ACT = Outcome.NOTHING, Outcome.ACT


@pytest.mark.parametrize(
    ("severity", "count", "rung"),
    [("low", 0, "notice"), ("medium", 0, "throttle"), ("high", 0, "throttle"), ("high", 1, "suspend"),
     ("medium", 9, "throttle"), ("critical", 1, "suspend")],
)  # fmt: skip
def test_the_highest_step_that_is_reached_is_wanted(severity: str, count: int, rung: str) -> None:
    """By severity and standing strikes, with the terms that the rung has."""
    found = decided(alert(severity=severity), strikes=strikes(count))
    terms = POLICY.terms[rung]
    assert (found.outcome, found.reason, found.rung, found.kind, found.entity_id) == (
        ACT, Reason.LADDER, rung, "account", "acct")  # fmt: skip
    assert (found.not_after_ms, found.lasts_ms) == (NOW + terms.not_after_ms, terms.lasts_ms)


def test_one_signal_does_not_suspend() -> None:
    """Whatever the severity and the strikes, a step that needs two signals needs two, and the figures say so."""
    found = decided(alert(severity="critical", signals=("network",)), strikes=strikes(5))
    assert found.rung == "throttle"
    assert found.figures["signals"] == 1


def test_a_second_rules_evidence_counts() -> None:
    """Two rules with a signal each suspend where one would not; both are named."""
    second = alert(rule="second", signals=("process",), severity="info")
    found = decided(alert(signals=("network",)), second, strikes=strikes(1))
    assert found.rung == "suspend"
    assert found.alerts == (alert().id, second.id)


def test_evidence_that_is_no_longer_open_does_not_count() -> None:
    """An alert last revised before the policy's `open` is over."""
    old = alert(rule="second", signals=("process",), time=NOW - POLICY.open_ms - 1)
    assert decided(alert(signals=("network",)), old, strikes=strikes(1)).rung == "throttle"


def test_below_every_step_nothing_is_wanted_and_the_figures_say_what_was_missing() -> None:
    """The severity that the lowest step needs is told."""
    found = decided(alert(severity="info"))
    assert (found.outcome, found.reason, found.rung) == (NOTHING, Reason.BELOW_LADDER, "")
    assert found.figures["severity_needed"] == "low"


def test_a_clause_without_a_ladder_gets_people_alone() -> None:
    """Also one that nobody knows."""
    for name in ("loose", "unheard-of"):
        found = decided(alert(name))
        assert (found.outcome, found.reason, found.page) == (NOTHING, Reason.NO_LADDER, True)
        assert found.case


def test_a_clause_that_rests_on_no_document_gets_a_page_at_most() -> None:
    """Whatever its severity."""
    found = decided(alert("bare", severity="critical"))
    assert (found.outcome, found.reason, found.page, found.urgent) == (NOTHING, Reason.PAGE_ONLY, True, True)


def test_what_is_in_force_is_not_wanted_again() -> None:
    """The same rung or a higher one, proposed or under way; a lower one does not stand in the way."""
    for state in (State.PROPOSED, State.GUARDED, State.DISPATCHED, State.CONFIRMED):
        assert decided(alert(), actions=(action("throttle", state=state),)).reason is Reason.IN_FORCE
        assert decided(alert(), actions=(action("suspend", state=state),)).reason is Reason.IN_FORCE
    assert decided(alert(), actions=(action("notice"),)).rung == "throttle"


def test_a_suspension_made_elsewhere_is_in_force() -> None:
    """Nothing is taken from an account that others suspended already."""
    assert decided(alert(severity="medium"), suspended_elsewhere=True).rung in ("", "notice")
    assert decided(alert(), suspended_elsewhere=True, strikes=strikes(1)).rung in ("", "notice")


def test_a_suspended_accounts_pods_are_stopped_with_it() -> None:
    """But a suspension that waits for people stops nothing yet."""
    pod = alert(kind="workload")
    assert decided(pod, actions=(action("suspend"),)).reason is Reason.IN_FORCE
    assert decided(pod, actions=(action("suspend", state=State.PROPOSED),)).rung == "stop_workload"
    assert decided(pod, actions=(action("throttle"),)).rung == "stop_workload"


def test_a_short_while_after_it_nothing_as_high_is_done_again() -> None:
    """Until the cool-down from its end is over; more severity still goes higher."""
    ended = action("throttle", ago_ms=65 * MINUTE_MS, state=State.ENDED)
    found = decided(alert(severity="medium"), actions=(ended,))
    assert (found.reason, found.figures["after"]) == (Reason.COOLING_DOWN, "throttle")
    assert decided(alert(), actions=(ended,), strikes=strikes(1)).rung == "suspend"
    longer = action("throttle", ago_ms=71 * MINUTE_MS, state=State.ENDED)
    assert decided(alert(severity="medium"), actions=(longer,)).rung == "throttle"


@pytest.mark.parametrize("state", [State.REVERSED, State.REJECTED])
def test_what_people_undid_or_refused_is_not_done_again_at_once(state: State) -> None:
    """It cools down as if it had been in force; other clauses are other matters."""
    undone = action("throttle", ago_ms=5 * MINUTE_MS, state=state, ends_ms=None)
    assert decided(alert(severity="medium"), actions=(undone,)).reason is Reason.COOLING_DOWN
    other = replace(undone, clause="content")
    assert decided(alert(severity="medium"), actions=(other,)).rung == "throttle"


@pytest.mark.parametrize("state", [State.EXPIRED, State.FAILED])
def test_what_came_to_nothing_may_be_tried_again(state: State) -> None:
    """An action that never reached anybody neither covers nor cools."""
    assert decided(alert(), actions=(action("throttle", ago_ms=MINUTE_MS, state=state),)).rung == "throttle"


def test_nobody_climbs_by_the_notice_that_asks_them_to_change() -> None:
    """What the last measure brought counts only once its owner's time to react is over."""
    notice = action("notice", ago_ms=60 * MINUTE_MS, ends_ms=NOW + 23 * HOUR_MS)
    given = Strike("mining", notice.decided_ms + 1_000)
    high = alert(severity="high")
    assert decided(high, actions=(notice,), strikes=(given,)).rung == "throttle"
    throttled = action("throttle", ago_ms=75 * MINUTE_MS, state=State.ENDED)
    given = Strike("mining", throttled.decided_ms + 1_000)
    assert decided(high, actions=(throttled,), strikes=(given,)).rung == "suspend"


def test_strikes_decay() -> None:
    """One that is older than the policy's strike_decay does not count."""
    old = strikes(3, ago_ms=POLICY.strike_decay_ms)
    assert decided(alert(), strikes=old).rung == "throttle"


def test_one_breach_that_several_rules_brought_up_is_one_strike() -> None:
    """Strikes under one clause within an hour count as much as the gravest of them; another day's count anew."""
    at = NOW - 3 * DAY_MS
    burst = tuple(Strike("content", at + nth * MINUTE_MS) for nth in range(5))
    assert decided(alert("content", severity="high"), strikes=burst).figures["strikes"] == 1
    double = (Strike("content", at), Strike("content", at), Strike("content", at + DAY_MS))
    assert decided(alert("content"), strikes=double).figures["strikes"] == 3


def test_an_owner_told_of_one_clause_is_told_of_the_next() -> None:
    """A notice covers its own clause alone; a throttle throttles for whatever reason, and the owner is told."""
    notice = action("notice")
    assert decided(alert("content", severity="low"), actions=(notice,)).rung == "notice"
    found = decided(alert("content", severity="medium"), actions=(action("throttle"),), strikes=strikes(1))
    assert (found.rung, found.figures["instead_of"], found.figures["because"]) == ("notice", "throttle", "in_force")


def test_a_revision_that_is_not_the_newest_changes_nothing() -> None:
    """Neither an action nor a page comes of it."""
    found = decided(alert(revision=1), alert(revision=2))
    assert (found.outcome, found.reason, found.page, found.case) == (NOTHING, Reason.ENDED, False, None)


def test_an_episode_that_is_long_over_pages_and_does_nothing() -> None:
    """A backlog's old alert is for people."""
    found = decided(alert(time=NOW - POLICY.open_ms - 1))
    assert (found.outcome, found.reason, found.page) == (NOTHING, Reason.ENDED, True)


@pytest.mark.parametrize(
    ("severity", "case", "page", "urgent"),
    [("info", None, False, False), ("medium", "mining people", False, False), ("high", "mining people", True, False),
     ("critical", "mining people", True, True), ("unheard-of", "mining people", True, False)],
)  # fmt: skip
def test_people_are_told_by_severity(severity: str, case: str | None, page: bool, urgent: bool) -> None:
    """Whatever is done; a severity that the policy does not know pages."""
    found = decided(alert(severity=severity))
    assert (found.case, found.page, found.urgent) == (case, page, urgent)
