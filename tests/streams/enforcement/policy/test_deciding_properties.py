"""What must hold of every decision, whatever is open, known and in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from policy_matters import CLAUSES, DECLARED, NOW, POLICY, clause
from policy_strategies import (
    Situation,
    alerts,
    policies,
    situations,
)
from thorough import examples

from detectors.alert import SEVERITIES, Alert
from streams.enforcement.policy.deciding import decide
from streams.enforcement.policy.decision import Decision, Outcome
from streams.enforcement.policy.evidence import own_signals
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.rungs import HEIGHT, TARGETS


def _decide(situation: Situation, policy: Policy = POLICY) -> Decision:
    found, facts, standing = situation
    return decide(found, facts, standing, policy, CLAUSES, NOW)


def _height(decision: Decision) -> int:
    """How far a decision goes; contain stands beside the ladder."""
    return HEIGHT.get(decision.rung, 0) if decision.outcome is Outcome.ACT else 0


@given(situations)
@settings(max_examples=examples(300), deadline=None)
def test_every_alert_gets_a_decision(situation: Situation) -> None:
    """With a named reason; a rung only where something is to be done, and only one that is for such an entity."""
    found = _decide(situation)
    about = situation[0][0]
    assert (found.alert_id, found.revision, found.account_id) == (about.id, about.revision, "acct")
    assert (found.outcome is Outcome.ACT) == bool(found.rung)
    if found.rung:
        assert found.kind in TARGETS[found.rung]
        assert found.not_after_ms > NOW
    assert not found.urgent or found.page


@given(situations, st.sampled_from(["page", "notice", "throttle", "quarantine_key", "suspend"]))
@settings(max_examples=examples(300), deadline=None)
def test_no_decision_exceeds_its_clauses_ceiling(situation: Situation, most: str) -> None:
    """Whatever the ladder says; nor does one terminate, or contain on an ordinary path."""
    about = situation[0][0]
    lowered = {name: replace(one, ceiling=most) for name, one in POLICY.clauses.items()}
    found = _decide(situation, replace(POLICY, clauses=lowered))
    ceiling = HEIGHT.get(most, 0) if about.clause in lowered else 0
    assert _height(found) <= ceiling
    assert found.rung != "terminate"
    assert found.rung != "contain" or (about.clause == "children" and about.knowledge == "hash_match")


@given(situations, st.integers(0, len(SEVERITIES) - 1), st.integers(0, len(SEVERITIES) - 1))
@settings(max_examples=examples(600), deadline=None)
def test_more_severity_never_does_less(situation: Situation, one: int, other: int) -> None:
    """With all else the same, to the account or to people."""
    (about, *others), facts, standing = situation
    less, more = sorted((one, other))
    milder, graver = (_decide(([replace(about, severity=SEVERITIES[rank]), *others], facts, standing))
                      for rank in (less, more))  # fmt: skip
    assert _height(milder) <= _height(graver)
    assert (milder.rung == "contain") == (graver.rung == "contain")
    assert (milder.page, milder.urgent, bool(milder.case)) <= (graver.page, graver.urgent, bool(graver.case))


@given(situations)
@settings(max_examples=examples(300), deadline=None)
def test_nobody_is_suspended_on_a_models_or_a_links_word(situation: Situation) -> None:
    """However many alerts say so, and whatever one more signal of another matter says."""
    found, facts, standing = situation
    hearsay = [replace(one, signals=("link", "model")) if one.clause == found[0].clause else one for one in found]
    assert _decide((hearsay, facts, standing)).rung != "suspend"
    alone = [
        replace(one, signals=("link", "model", "output")) if one.clause == found[0].clause else one for one in found
    ]
    assert _decide((alone, facts, standing)).rung != "suspend"


@given(situations, policies())
@settings(max_examples=examples(300), deadline=None)
def test_a_models_word_alone_gives_no_rung_under_any_policy(situation: Situation, policy: Policy) -> None:
    """Whatever the ladders, the severity and what else is open; and outside child safety neither a case nor a page."""
    (about, *others), facts, standing = situation
    found = _decide(([replace(about, signals=("model",)), *others], facts, standing), policy)
    assert (found.outcome, found.rung) == (Outcome.NOTHING, "")
    assert about.clause == "children" or (found.case, found.page, found.hold) == (None, False, False)


@given(situations, st.lists(alerts(), min_size=1, max_size=4), policies())
@settings(max_examples=examples(300), deadline=None)
def test_a_models_word_changes_nothing_about_anothers(situation: Situation, said: list[Alert], policy: Policy) -> None:
    """It adds no evidence, no severity and no narrower target, and shields nobody: every figure stays as it was."""
    (about, *others), facts, standing = situation
    about = replace(about, signals=(*about.signals, "output"))
    spoken = [replace(one, id=f"model-{n}", signals=("model",)) for n, one in enumerate(said)]
    alone = _decide(([about, *others], facts, standing), policy)
    assert _decide(([about, *others, *spoken], facts, standing), policy) == alone
    assert own_signals(about, [*others, *spoken]) == own_signals(about, others)


@given(situations)
@settings(max_examples=examples(200), deadline=None)
def test_no_victim_is_punished(situation: Situation) -> None:
    """Told, slowed down, or with the stolen key shut, and nothing else."""
    (about, *others), facts, standing = situation
    about = replace(about, victim="holder", knowledge=None, severity="high", signals=("output", "network"))
    found = _decide(([about, *others], facts, standing))
    assert found.rung in ("", "notice", "throttle", "quarantine_key")


@given(situations, st.randoms())
@settings(max_examples=examples(200), deadline=None)
def test_the_order_of_what_is_open_or_in_force_does_not_matter(situation: Situation, random: Any) -> None:
    """The first alert is the one decided on; all else may come in any order."""
    (about, *others), facts, standing = situation
    others = list({one.id: one for one in others}.values())
    shuffled = replace(standing, actions=tuple(random.sample(standing.actions, len(standing.actions))),
                       strikes=standing.strikes[::-1], warned=standing.warned[::-1])  # fmt: skip
    first = _decide(([about, *others], facts, standing))
    second = _decide(([about, *random.sample(others, len(others))], facts, shuffled))
    assert replace(first, figures={}) == replace(second, figures={})


def test_the_clauses_of_these_tests_are_those_of_the_policy() -> None:
    """A clause of every path is among them, with and without a ladder, so that the properties say something."""
    assert {one.path for one in CLAUSES.values()} == {"ordinary", "care", "child_safety", "ours"}
    assert set(DECLARED["clauses"]) < set(CLAUSES)
    assert clause("x").page_only is False
