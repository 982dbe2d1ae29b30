"""Facts: what protects an account, what nobody knows of it, and that unknown is never bad standing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_policy import ACCOUNT, NOW, POD, an_alert, asked, known_facts, small_policy

from features.ticks import DAY_MS
from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.guards.facts import PROTECTING, allow_listed, facts_unknown, protected, stateful
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.policy.standing import Standing


def first(asking: Asked) -> Held | None:
    """The first of the guards on facts that holds."""
    answers = (guard(asking) for guard in (allow_listed, protected, facts_unknown, stateful))
    return next((held for held in answers if held), None)


@pytest.mark.parametrize(("rung", "kind"), [(rung, kinds[0]) for rung, kinds in TARGETS.items()])
def test_known_and_unprotected(rung: str, kind: str) -> None:
    """An account of which everything is known and nothing protects passes, whatever the rung."""
    assert first(asked(rung, kind)) is None


@pytest.mark.parametrize("rung", ["notice", "throttle", "suspend"])
def test_allow_listed(rung: str) -> None:
    """Nothing comes upon an account that is allow-listed, until the entry ends; no person is asked."""
    held = allow_listed(asked(rung, facts=known_facts(allow_listed_until_ms=NOW + 1)))
    assert held is not None
    assert (held.reason, held.proposed) == (Reason.ALLOW_LISTED, False)
    assert held.figures == {"allow_listed_until_ms": NOW + 1}
    assert allow_listed(asked(rung, facts=known_facts(allow_listed_until_ms=NOW))) is None


def test_protected_by_a_person() -> None:
    """A person's protection holds everything up to its end, and nobody is asked to go past it."""
    held = allow_listed(asked("notice", standing=Standing(ACCOUNT, protected_until_ms=NOW + 1)))
    assert held is not None
    assert (held.reason, held.proposed, held.figures) == (Reason.PROTECTED, False, {"protected_until_ms": NOW + 1})
    assert allow_listed(asked(standing=Standing(ACCOUNT, protected_until_ms=NOW))) is None


PROTECTS: list[tuple[dict[str, Any], dict[str, int | float | str]]] = [
    ({"created_ms": NOW - 90 * DAY_MS}, {"account_age_ms": 90 * DAY_MS}),
    ({"spend_usd_90d": 5_000.0}, {"spend_usd_90d": 5_000.0}),
    ({"contract": True}, {"contract": "yes"}),
    ({"dependants": 50}, {"dependants": 50}),
    ({"contract": True, "dependants": 51}, {"contract": "yes", "dependants": 51}),
]


@pytest.mark.parametrize(("facts", "figures"), PROTECTS)
@pytest.mark.parametrize("rung", ["suspend", "throttle"])
def test_one_fact_is_enough(rung: str, facts: dict[str, Any], figures: dict[str, int | float | str]) -> None:
    """Tenure, spend, a contract or dependants: each alone makes a person come first, and is named."""
    held = first(asked(rung, facts=known_facts(**facts)))
    assert held is not None
    assert (held.reason, held.proposed, held.figures) == (Reason.PROTECTED, True, figures)


@pytest.mark.parametrize("facts", [{"created_ms": NOW - 90 * DAY_MS + 1}, {"spend_usd_90d": 4_999.99},
                                   {"dependants": 49}])  # fmt: skip
def test_just_below(facts: dict[str, Any]) -> None:
    """Just below a limit it does not protect."""
    assert first(asked(facts=known_facts(**facts))) is None


def test_narrower_rungs_are_not_protected() -> None:
    """A mining pod of the best customer is stopped all the same."""
    best = known_facts(contract=True, dependants=999)
    assert first(asked("stop_workload", "workload", facts=best)) is None


@pytest.mark.parametrize("name", PROTECTING)
def test_one_unknown_fact(name: str) -> None:
    """One fact that nobody knows makes a person come first before an account-wide rung, and is named."""
    held = first(asked(facts=known_facts(**{name: None})))
    assert held is not None
    assert (held.reason, held.proposed) == (Reason.FACTS_UNKNOWN, True)
    assert held.figures == {"unknown": name, "plan": "pro"}
    assert first(asked("stop_workload", "workload", facts=known_facts(**{name: None}))) is None


@pytest.mark.parametrize("facts", [None, Facts(ACCOUNT, NOW)])
def test_nothing_known(facts: Facts | None) -> None:
    """Where nothing is known even narrower rungs wait, unless policy lets them go ahead on such a plan."""
    held = first(asked("stop_workload", "workload", facts=facts))
    assert held is not None
    assert held.reason is Reason.FACTS_UNKNOWN
    trial = [an_alert("workload", plan="trial")]
    assert first(asked("stop_workload", "workload", facts=facts, alerts=trial)) is None
    assert first(asked("quarantine_key", "key", facts=facts, alerts=trial)) is not None
    assert first(asked("suspend", facts=facts, alerts=trial)) is not None


def test_policy_speaks_of_other_plans_too() -> None:
    """`*` stands for the plans that are not named, an unknown one among them."""
    policy = small_policy(unknown_facts={"*": frozenset({"stop_workload"}), "enterprise": frozenset()})
    for plan, passes in ((None, True), ("pro", True), ("enterprise", False)):
        alerts = [an_alert("workload", plan=plan)]
        held = first(asked("stop_workload", "workload", facts=None, alerts=alerts, policy=policy))
        assert (held is None) == passes


def test_workloads_that_hold_data() -> None:
    """A database is not stopped by itself, neither alone nor with its account; the pod beside it is."""
    facts = known_facts(stateful_workloads=frozenset({POD}))
    for asking in (asked("stop_workload", "workload", facts=facts), asked("suspend", facts=facts)):
        held = first(asking)
        assert held is not None
        assert (held.reason, held.proposed, held.figures) == (Reason.STATEFUL, True, {"stateful_workloads": 1})
    beside = known_facts(stateful_workloads=frozenset({"another"}))
    assert first(asked("stop_workload", "workload", facts=beside)) is None
    assert first(asked("throttle", facts=facts)) is None


_FACTS = st.builds(
    Facts, st.just(ACCOUNT), st.just(NOW), created_ms=st.none() | st.integers(0, NOW),
    spend_usd_90d=st.none() | st.floats(0, 1e7), contract=st.none() | st.booleans(),
    dependants=st.none() | st.integers(0, 1000),
)  # fmt: skip


@given(_FACTS, st.sampled_from(PROTECTING))
def test_less_knowledge_is_never_less_protection(facts: Facts, forgotten: str) -> None:
    """Forgetting a fact never lets an account-wide rung through that the fact held back."""
    known = {name: getattr(facts, name) for name in PROTECTING} | {forgotten: None}
    before, after = first(asked(facts=facts)), first(asked(facts=Facts(ACCOUNT, NOW, **known)))
    assert before is None or after is not None
    assert after is not None
