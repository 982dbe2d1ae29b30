"""Who may do what."""

from __future__ import annotations

import pytest

from streams.enforcement.people.roles import HIDDEN, UNEXPECTED_BEHAVIOUR, VERBS, Role, may
from streams.enforcement.people.verbs import SHAPES
from streams.enforcement.policy.rungs import CONTAIN, HEIGHT, NOTICE, QUARANTINE_KEY, STOP_WORKLOAD, SUSPEND, TERMINATE

_RUNGS = ("account.act", "action.approve", "action.reject", "action.undo")
_OF_ALL = ("enforcement.stop", "enforcement.resume", "rule.promote", "rule.demote", "people.add", "people.revoke",
           "budget.close", "facts.import", "facts.unlist", "report.add")  # fmt: skip


def _may(roles: set[Role], verb: str, rung: str | None = NOTICE, restricted: bool = False) -> bool:
    return may(roles, verb, rung, restricted) is None


def test_every_verb_has_arguments_and_somebody_who_may() -> None:
    """No verb is without a shape or without a role, and no shape without a verb."""
    assert set(SHAPES) == VERBS
    assert all(any(_may({role}, verb) for role in Role) for verb in VERBS)


def test_observers_and_strangers_do_nothing() -> None:
    """Seeing is no doing; no role at all, or one that there is not, is even less."""
    asked = [(verb, rung, restricted) for verb in VERBS for rung in HEIGHT for restricted in (False, True)]
    nobody: tuple[set[str], ...] = (set(), {Role.OBSERVER}, {"root"})
    assert all(may(roles, *one) for roles in nobody for one in asked)


def test_everybody_but_observers_may_stop() -> None:
    """Stopping is always safe, though not what strangers reach; letting go on is the admins' alone."""
    assert {role for role in Role if _may({role}, "enforcement.stop")} == set(Role) - {Role.OBSERVER, Role.INTAKE}
    assert {role for role in Role if _may({role}, "enforcement.resume")} == {Role.ADMIN}


def test_the_intake_hands_reports_on_and_no_more() -> None:
    """Of all that can be asked for, whatever it is about, what strangers reach may add reports."""
    asked = [(verb, rung, restricted) for verb in VERBS for rung in (*HEIGHT, CONTAIN) for restricted in (False, True)]
    assert {verb for verb, rung, restricted in asked if _may({Role.INTAKE}, verb, rung, restricted)} == {"report.add"}


@pytest.mark.parametrize("verb", _RUNGS)
def test_how_far_each_role_reaches(verb: str) -> None:
    """Reviewers reach keys, workloads and notices; enforcers every rung of the ladder; containing is child safety's."""

    def reach(role: Role) -> set[str]:
        return {rung for rung in (*HEIGHT, CONTAIN) if _may({role}, verb, rung)}

    assert reach(Role.REVIEWER) == {NOTICE, QUARANTINE_KEY, STOP_WORKLOAD}
    assert reach(Role.ENFORCER) == set(HEIGHT)
    assert reach(Role.CHILD_SAFETY) == {CONTAIN}
    assert reach(Role.ADMIN) == reach(Role.OWNER_OF_MODELS) == set()


@pytest.mark.parametrize("verb", sorted(VERBS - set(_OF_ALL)))
def test_a_restricted_matter_is_child_safety_s_alone(verb: str) -> None:
    """All other roles together may not, and are told nothing that would tell what it is."""
    others = set(Role) - {Role.CHILD_SAFETY}
    assert may(others, verb, SUSPEND, restricted=True) == HIDDEN
    assert may({Role.CHILD_SAFETY}, verb, SUSPEND, restricted=True) is None
    assert not {"child", "restricted"} & set(HIDDEN.split())


@pytest.mark.parametrize("verb", _OF_ALL)
def test_child_safety_rules_no_more_than_its_matters(verb: str) -> None:
    """Calling something restricted opens no door to what is of all."""
    for role in Role:
        assert may({role}, verb, restricted=True) == may({role}, verb)


def test_more_roles_never_may_less() -> None:
    """Whatever one role may, it may beside any other."""
    for verb in VERBS:
        for rung in (NOTICE, TERMINATE):
            for restricted in (False, True):
                for role in Role:
                    if _may({role}, verb, rung, restricted):
                        assert all(_may({role, other}, verb, rung, restricted) for other in Role)


def test_a_refusal_says_what_is_needed() -> None:
    """The verb, the rung, the role that would do, and those at hand."""
    told = may({Role.REVIEWER}, "account.act", SUSPEND)
    assert told == "account.act with suspend needs the role enforcer; yours: reviewer"
    assert may(set(), "people.add") == "people.add needs the role admin; yours: none"


def test_reports_of_a_model_s_behaviour_go_to_its_owners() -> None:
    """Only they answer those, and they answer no others."""
    answering = {about: {role for role in Role if may({role}, "report.answer", about=about) is None}
                 for about in (None, "violation", UNEXPECTED_BEHAVIOUR)}  # fmt: skip
    assert answering[UNEXPECTED_BEHAVIOUR] == {Role.OWNER_OF_MODELS}
    assert answering["violation"] == answering[None] == {Role.REVIEWER, Role.ENFORCER}


def test_what_there_is_not_is_refused() -> None:
    """An unknown verb or rung, or none where one is needed, is not let pass for want of a rule."""
    assert may(set(Role), "account.delete")
    assert may(set(Role), "account.act", "banish")
    assert may(set(Role), "account.act", None)
    assert may(set(Role), "account.act", "banish", restricted=True)
