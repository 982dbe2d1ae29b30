"""The guards together: their order, what each rung has to pass, what people may waive, and a flood."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_policy import ACCOUNT, MINUTE_MS, NOW, TERMS, an_alert, asked, circumstances, known_facts, small_policy, wish

from features.ticks import DAY_MS
from streams.enforcement.guards.asked import Asked
from streams.enforcement.guards.spending import Paid, Purses
from streams.enforcement.guards.stack import BY_APPROVAL, NEVER_WAIVED, ORDER, guarded
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.policy.standing import Mute, Spent, Stage, Standing, Switch

BAD: dict[Reason, dict[str, Any]] = {
    Reason.SWITCH: {"switch": Switch(on=False, known=True)},
    Reason.LAG: {"lag_ms": None},
    Reason.STALE: {"time": NOW - DAY_MS},
    Reason.STAGE: {"stage": Stage()},
    Reason.MUTED: {"mutes": (Mute("miner", NOW + 1),)},
    Reason.OWN_EVIDENCE: {"signals": ("link", "model")},
    Reason.ALLOW_LISTED: {"allow_listed_until_ms": NOW + 1},
    Reason.PROTECTED: {"contract": True},
    Reason.FACTS_UNKNOWN: {"dependants": None},
    Reason.STATEFUL: {"stateful_workloads": frozenset({"db"})},
    Reason.BUDGET: {"spent": {}},
    Reason.TWO_PEOPLE: {"people": 2},
}
"""What has to be wrong for each guard to hold."""

APPROVABLE = set(ORDER) - {Reason.SWITCH, Reason.STAGE, Reason.MUTED, Reason.ALLOW_LISTED}


def asking(*wrong: Reason, rung: str = "suspend") -> Asked:
    """A wish with all that is wrong for these guards, and nothing else."""
    changes: dict[str, Any] = {key: value for name in wrong for key, value in BAD[name].items()}
    terms = {**TERMS, rung: replace(TERMS[rung], people=changes.get("people", 0))}

    def taken(*names: str) -> dict[str, Any]:
        return {name: changes[name] for name in names if name in changes}

    return asked(
        wanted=wish(rung), alerts=[an_alert(**taken("time", "signals"))], policy=small_policy(terms=terms),
        facts=known_facts(**taken("contract", "dependants", "stateful_workloads", "allow_listed_until_ms")),
        standing=Standing(ACCOUNT, **taken("mutes")), circumstances=circumstances(**taken(
            "switch", "lag_ms", "stage", "spent")),
    )  # fmt: skip


def answer(one: Asked, waived: frozenset[str] = frozenset()) -> Decision:
    """What becomes of a wish."""
    return guarded(one.wanted, one.alerts, one.facts, one.standing, one.policy, one.circumstances, one.now_ms, waived)


@pytest.mark.parametrize("rung", TARGETS)
def test_a_wish_that_passes_is_as_it_was(rung: str) -> None:
    """Where no guard holds, the decision is the wish itself; a termination never passes by itself."""
    one = asked(rung)
    assert (answer(one) is one.wanted) == (rung != "terminate")


@pytest.mark.parametrize("wanted", [
    wish(outcome=Outcome.NOTHING, reason=Reason.CHILD_SAFETY, rung="", hold=True), wish(rung=""),
    wish(outcome=Outcome.HELD, reason=Reason.LAG),
])  # fmt: skip
def test_what_is_not_to_be_done_is_not_held(wanted: Decision) -> None:
    """A decision to do nothing, or one that is held already, comes back as it was, though everything is wrong."""
    assert answer(replace(asking(*ORDER), wanted=wanted)) is wanted


def test_the_order_is_that_of_the_reasons() -> None:
    """Guards are asked in DESIGN's order, which is that of Reason's second group; each has its way to be wrong."""
    reasons = list(Reason)
    assert list(ORDER) == [one for one in reasons[reasons.index(Reason.SWITCH) :] if one in ORDER]
    assert list(BAD) == list(ORDER) == reasons[reasons.index(Reason.SWITCH) :]


@pytest.mark.parametrize("name", ORDER)
def test_each_guard_names_itself(name: Reason) -> None:
    """With one thing wrong, that guard holds, says so with figures, and proposes where a person may say yes."""
    found = answer(asking(name))
    assert (found.outcome, found.reason, found.rung) == (Outcome.HELD, name, "suspend")
    assert found.proposed == (name in APPROVABLE)
    assert found.figures["strikes"] == 0
    assert len(found.figures) > 1


@pytest.mark.parametrize(("first", "second"), [*pairwise(ORDER)])
def test_the_first_that_holds_is_named(first: Reason, second: Reason) -> None:
    """Of two that hold, the earlier names itself; once people waive it, the later does."""
    both = asking(first, second)
    assert answer(both).reason is first
    waived = answer(both, frozenset({first}))
    assert waived.reason is (first if first in NEVER_WAIVED else second)


HELD_BY = {"contain": {"switch"}, "notice": {"switch", "stage", "muted", "allow_listed", "budget"}}


@pytest.mark.parametrize("rung", HELD_BY)
@pytest.mark.parametrize("name", ORDER)
def test_what_containment_and_notices_pass(rung: str, name: Reason) -> None:
    """A hash match passes all but the switch; a notice is held by switch, stage, mute, allow-list and its purse."""
    assert (answer(asking(name, rung=rung)).outcome is Outcome.HELD) == (name in HELD_BY[rung])


def test_containment_passes_when_all_else_is_wrong() -> None:
    """A hash match is contained whatever is wrong but the switch; switched off, its case, page and hold stay."""
    others = [name for name in ORDER if name is not Reason.SWITCH]
    assert answer(asking(*others, rung="contain")).outcome is Outcome.ACT
    wanted = wish("contain", reason=Reason.CONTAINED, case="child safety", page=True, urgent=True, hold=True)
    held = answer(replace(asking(Reason.SWITCH), wanted=wanted))
    assert held.outcome is Outcome.HELD
    assert (held.case, held.page, held.urgent, held.hold) == ("child safety", True, True, True)


def test_an_approval() -> None:
    """Two people's word goes past all but switch, mute and allow-list, and what they never waive no name waives."""
    waivable = [name for name in ORDER if name in BY_APPROVAL]
    one = asking(*waivable)
    assert answer(one, BY_APPROVAL) is one.wanted
    for name in (Reason.SWITCH, Reason.MUTED, Reason.ALLOW_LISTED):
        assert answer(asking(*waivable, name), BY_APPROVAL).reason is name
    assert answer(asking(Reason.SWITCH), frozenset(ORDER)).reason is Reason.SWITCH
    assert answer(asking(Reason.ALLOW_LISTED), frozenset(ORDER)).reason is Reason.ALLOW_LISTED


def test_an_approval_does_not_end_a_persons_protection() -> None:
    """Who protects an account is asked first: nobody's approval goes past them, though it waives what facts protect."""
    one = replace(asking(), standing=Standing(ACCOUNT, protected_until_ms=NOW + 1))
    found = answer(one, frozenset(ORDER))
    assert (found.outcome, found.reason, found.proposed) == (Outcome.HELD, Reason.PROTECTED, False)
    assert answer(asking(Reason.PROTECTED), BY_APPROVAL).outcome is Outcome.ACT


@pytest.mark.parametrize("later", [Reason.STAGE, Reason.MUTED, Reason.ALLOW_LISTED])
@pytest.mark.parametrize("first", [Reason.LAG, Reason.STALE])
def test_lag_proposes_nothing_that_could_not_be_done(first: Reason, later: Reason) -> None:
    """What a rule in shadow wants while the stream lags is not put before people; nor what a mute or list forbids."""
    found = answer(asking(first, later))
    assert (found.reason, found.proposed, found.case, found.page) == (first, False, None, False)


def test_where_people_have_to_act() -> None:
    """A proposal has a case for the clause's role and a page; the wish's own case stays; others stay untouched."""
    found = answer(asking(Reason.PROTECTED))
    assert (found.case, found.page) == ("platform abuse", True)
    one = replace(asking(Reason.PROTECTED), wanted=wish(case="care team"))
    assert answer(one).case == "care team"
    muted = answer(asking(Reason.MUTED))
    assert (muted.case, muted.page) == (None, False)
    stranger = replace(asking(Reason.LAG), wanted=wish(clause="of an older pack"))
    assert answer(stranger).case == "policy review"


@pytest.mark.parametrize("name", ORDER)
def test_pages_cases_and_holds_are_never_held_back(name: Reason) -> None:
    """Whichever guard holds, what people were to hear of they hear of."""
    wanted = wish(case="fraud", page=True, urgent=True, hold=True, alerts=(an_alert().id,))
    found = answer(replace(asking(name), wanted=wanted))
    assert (found.case, found.page, found.urgent, found.hold) == ("fraud", True, True, True)


_STRANGE = st.text(max_size=8)
_TIMES = st.integers(-(2**53), 2**53)
_FACTS = st.none() | st.builds(
    Facts, _STRANGE, _TIMES, plan=st.none() | _STRANGE, created_ms=st.none() | _TIMES,
    spend_usd_90d=st.none() | st.floats(), contract=st.none() | st.booleans(), dependants=st.none() | st.integers(),
    allow_listed_until_ms=st.none() | _TIMES, stateful_workloads=st.frozensets(_STRANGE, max_size=2),
)  # fmt: skip
_SPENT = st.builds(
    Spent, *[st.integers(0, 99)] * 5, by_plan_h=st.dictionaries(_STRANGE, st.integers(0, 99), max_size=3)
)
_CIRCUMSTANCES = st.builds(
    circumstances, switch=st.builds(Switch, st.booleans(), st.booleans(), st.frozensets(_STRANGE, max_size=2)),
    lag_ms=st.none() | _TIMES, stage=st.builds(Stage, st.sampled_from(["shadow", "canary", "live", "?"]), st.floats()),
    spent=st.dictionaries(st.sampled_from(["suspend", "narrow", "notice"]), _SPENT, max_size=3),
    active_accounts=st.none() | st.integers(-5, 10**9),
)  # fmt: skip
_WISHES = st.builds(
    wish, st.sampled_from([*TARGETS, "no-such-rung"]), rule=st.just("miner") | _STRANGE,
    clause=st.just("mining") | _STRANGE, entity_id=_STRANGE, account_id=_STRANGE,
)  # fmt: skip
_ALERTS = st.lists(st.builds(an_alert, time=_TIMES, signals=st.lists(_STRANGE, max_size=3).map(tuple)), max_size=3)


@given(_WISHES, _ALERTS, _FACTS, _CIRCUMSTANCES, st.frozensets(st.sampled_from(list(ORDER))))
def test_every_wish_has_an_answer(
    wanted: Decision, alerts: list[Any], facts: Facts | None, now: Any, waived: frozenset[str]
) -> None:
    """Whatever is asked, the answer is the wish or a named reason, and waiving more never holds more back."""
    one = asked(wanted=wanted, alerts=alerts, facts=facts, circumstances=now)
    found, eased = answer(one), answer(one, waived)
    for decision in (found, eased):
        assert decision is wanted or (decision.outcome is Outcome.HELD and decision.reason in ORDER)
    assert found is not wanted or eased is wanted
    assert found is not wanted or (now.switch.on and now.switch.known)


@given(st.lists(st.sampled_from(list(BAD)), unique=True))
def test_nothing_is_suspended_with_anything_wrong(wrong: list[Reason]) -> None:
    """A suspension leaves if nothing is wrong, and only then."""
    assert (answer(asking(*wrong)).outcome is Outcome.ACT) == (not wrong)


def test_a_rule_that_matches_everybody() -> None:
    """Of 20,000 accounts an hour's budget is suspended, every other is held by the budget, a hash match contains."""
    purses, outcomes = Purses(dict.fromkeys(("suspend", "contain"), ())), []
    policy = small_policy()
    for number in range(20_000):
        now = NOW + number
        spent = purses.spent("miner", "mining", now)
        rung = "contain" if number == 10_000 else "suspend"
        wanted = wish(rung, account_id=f"a{number}", entity_id=f"a{number}")
        found = guarded(wanted, [an_alert(time=now)], known_facts(), Standing(ACCOUNT), policy,
                        circumstances(spent=spent), now)  # fmt: skip
        if found.outcome is Outcome.ACT and rung == "suspend":
            purses.pay("suspend", Paid(f"a{number}", "miner", "mining", "pro", now))
        outcomes.append((rung, found.outcome, found.reason))
    assert outcomes.count(("suspend", Outcome.ACT, Reason.LADDER)) == 5
    assert outcomes.count(("suspend", Outcome.HELD, Reason.BUDGET)) == 20_000 - 6
    assert outcomes[10_000][:2] == ("contain", Outcome.ACT)


def test_an_old_backlog_suspends_nobody() -> None:
    """Read in its own time, a backlog's alerts are stale; an approval makes them good, and the switch still holds."""
    late = replace(asking(), alerts=[an_alert(time=NOW - 16 * MINUTE_MS)])
    assert answer(late).reason is Reason.STALE
    assert answer(late, BY_APPROVAL) is late.wanted
    off = replace(late, circumstances=circumstances(switch=Switch(on=True, known=False)))
    assert answer(off, BY_APPROVAL).reason is Reason.SWITCH
