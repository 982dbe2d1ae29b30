"""Two people: what the ladder leaves to people waits for them, and terminating always does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_policy import TERMS, asked, small_policy

from streams.enforcement.guards.two_people import two_people
from streams.enforcement.policy.decision import Reason


def test_where_nobody_is_asked() -> None:
    """A rung whose terms ask for nobody passes."""
    assert two_people(asked()) is None


@pytest.mark.parametrize("people", [1, 2, 3])
def test_where_the_ladder_asks(people: int) -> None:
    """As many as the terms say are needed, and told."""
    policy = small_policy(terms={"suspend": replace(TERMS["suspend"], people=people)})
    held = two_people(asked(policy=policy))
    assert held is not None
    assert (held.reason, held.proposed, held.figures) == (Reason.TWO_PEOPLE, True, {"people_needed": people})


@pytest.mark.parametrize("people", [0, 1, 2, 3])
def test_terminating_takes_two(people: int) -> None:
    """No file lets a termination leave by itself, or on one person's word."""
    policy = small_policy(terms={"terminate": replace(TERMS["terminate"], people=people)})
    held = two_people(asked("terminate", policy=policy))
    assert held is not None
    assert held.figures == {"people_needed": max(people, 2)}


def test_without_terms() -> None:
    """A rung of which the policy says nothing waits for two."""
    held = two_people(asked(policy=small_policy(terms={})))
    assert held is not None
    assert held.figures == {"people_needed": 2}
