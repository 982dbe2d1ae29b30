"""What of all that models say people hear of: so many a day, evenly, and the least likely to be honest first."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_matters import NOW, alert, decided
from thorough import examples

from detectors.alert import Evidence
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.models import (
    Waiting,
    allowed_by,
    best_first,
    chosen,
    day_of,
    hour_of,
    p_value_of,
    spoken_by_model,
)

BEGIN = day_of(NOW)


def waiting(name: str, p: float = 0.001, spend: float | None = None, plan: str | None = "pro", account: str = "",
            since_ms: int = BEGIN - HOUR_MS) -> Waiting:  # fmt: skip
    return Waiting(name, account or name, plan, p, spend, since_ms)


def names(found: list[Waiting]) -> list[str]:
    return [one.alert_id for one in found]


def says_p(value: Any, condition: str = "p-value") -> tuple[Evidence, ...]:
    return (Evidence(condition, None, value, "<=", 0.001),)


def test_a_model_speaks_alone_where_no_other_signal_does() -> None:
    """One signal beside it makes an alert another's; no signal at all is nobody's word."""
    said = [("model",), ("model", "model"), ("model", "output"), ("link",), ()]
    assert [spoken_by_model(alert(signals=one)) for one in said] == [True, True, False, False, False]


@pytest.mark.parametrize("value", [None, "0.1", True, math.nan, math.inf, -0.1, 1.5])
def test_what_is_no_p_value_ranks_last_and_is_kept(value: Any) -> None:
    """A value that is none, or stands in another condition, counts as the least telling there is."""
    assert p_value_of(alert(evidence=says_p(value))) == 1.0
    assert p_value_of(alert(evidence=says_p(0.01, "requests_1h"))) == p_value_of(alert()) == 1.0
    assert p_value_of(alert(evidence=says_p(0.01))) == 0.01


def test_a_smaller_p_value_goes_first_then_more_spend_then_the_id() -> None:
    """However much the less telling one spends."""
    found = [waiting("d", 0.01, 9e9), waiting("b", spend=10), waiting("c", spend=10), waiting("a", spend=99)]
    assert names(best_first(found)) == ["a", "b", "c", "d"]


def test_an_unknown_spend_is_the_middle_one_of_its_plan() -> None:
    """Neither in front nor behind all others; last where nothing is known of anybody on the plan."""
    known = [waiting("small", spend=1), waiting("middle", spend=50), waiting("great", spend=900)]
    found = best_first([waiting("x"), waiting("y", plan="trial"), *known])
    assert names(found) == ["great", "middle", "x", "small", "y"]


def test_an_hours_alerts_wait_for_its_end() -> None:
    """So that the best of an hour is not behind its first, and no later look changes the hour's choice."""
    late = waiting("late", 0.0001, since_ms=BEGIN + 1)
    assert names(chosen([waiting("early"), late], 0, 24, BEGIN + HOUR_MS - 1)) == ["early"]
    assert names(chosen([late], 1, 24, BEGIN + HOUR_MS)) == ["late"]


def test_the_allowance_comes_evenly_and_what_is_left_is_there_later_that_day() -> None:
    """Of 5 a day one is there in the first hour and all in the last; none is carried into the next day."""
    hours = [allowed_by(5, BEGIN + hour * HOUR_MS) for hour in range(25)]
    assert hours == [1] * 4 + [2] * 5 + [3] * 5 + [4] * 5 + [5] * 5 + [1]


@given(per_day=st.integers(1, 200), steps=st.lists(st.tuples(st.integers(1, 12 * HOUR_MS), st.lists(
    st.tuples(st.integers(0, 20), st.floats(0, 1)), max_size=30)), max_size=12))  # fmt: skip
@settings(max_examples=examples(100), deadline=None)
def test_no_day_has_more_than_its_number_and_no_hour_more_than_has_come(per_day: int, steps: list[Any]) -> None:
    """Whatever comes whenever: each telling is of the best that waited, and of an account once."""
    now, left, told = BEGIN, dict[str, Waiting](), list[tuple[int, Waiting]]()
    for span, came in steps:
        for account, p in came:
            name = f"{now}-{len(left)}-{account}"
            left[name] = waiting(name, p, account=str(account), since_ms=now)
        now += span
        today = [one for at, one in told if at >= day_of(now)]
        turn = chosen(left.values(), len(today), per_day, now)
        assert len({one.account_id for one in turn}) == len(turn)
        assert len(today) + len(turn) <= max(allowed_by(per_day, now), len(today)) <= per_day
        for one in turn:
            told.append((now, left.pop(one.alert_id)))
        full = len(today) + len(turn) < allowed_by(per_day, now)
        heard = {one.account_id for one in turn}
        still = [one for one in left.values() if one.since_ms < hour_of(now) and one.account_id not in heard]
        assert not (full and still)  # nobody waits while there is allowance
        assert all(one.p_value <= other.p_value for one in turn for other in still)
    assert all(day_of(at) + DAY_MS > at for at, _ in told)


def test_a_models_alert_waits_whatever_its_clause_does_and_says_what_by() -> None:
    """Nobody is told at once, even where the clause has a path of its own; a later revision makes it one that ended."""
    for clause in ("mining", "content", "bare", "care", "failed", "unheard-of"):
        found = decided(alert(clause, severity="critical", signals=("model",), evidence=says_p(0.002)))
        assert (found.reason, found.case, found.page, found.rung) == (Reason.MODEL_BUDGET, None, False, "")
        assert found.figures == {"p_value": 0.002}


def test_on_the_path_of_child_safety_nothing_waits_and_a_model_refuses_nothing() -> None:
    """Its reviewers hear of it at once; generation goes on."""
    found = decided(alert("children", signals=("model",), knowledge="hash_match"))
    assert (found.reason, found.rung, found.page) == (Reason.CHILD_SAFETY, "", True)
