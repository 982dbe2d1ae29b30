"""The first so many alerts of a day."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from streams.history.intervals import Floats
from streams.suite.ranking import TOUCHES, PrecisionAt, Ranked, RecallAt

DAYS = [
    (0, 1, 9.0, 100, True), (1, 1, 8.0, 100, False), (2, 1, 7.0, 100, True),
    (0, 2, 9.0, 200, False), (3, 2, 9.0, 200, True),
]  # fmt: skip
ONCE = np.ones((1, 4))
GUILTY = np.array([1.0, 0.0, 1.0, 1.0])


def ranked(rows: list[tuple[int, int, float, int, bool]], each: Floats | None = None) -> Ranked:
    touches = pl.DataFrame(rows, schema=TOUCHES, orient="row")
    return Ranked.of(touches, np.ones(4) if each is None else each)


@pytest.mark.parametrize(("budget", "right", "reached"), [(1, 1 / 2, 1 / 3), (2, 2 / 4, 2 / 3), (10, 3 / 5, 3 / 3)])
def test_a_budget_holds_for_each_day(budget: int, right: float, reached: float) -> None:
    """Two days' first ones together; whoever is rightly among them on one day is reached."""
    assert PrecisionAt(ranked(DAYS), budget)(ONCE)[0] == pytest.approx(right)
    assert RecallAt(ranked(DAYS), budget, GUILTY)(ONCE)[0] == pytest.approx(reached)


@given(st.permutations(DAYS))
@settings(max_examples=examples(30), deadline=None)
def test_equal_scores_rank_by_time_then_account(rows: list[tuple[int, int, float, int, bool]]) -> None:
    """In whatever order rows come, accounts 0 and 3 of one score and time stand in that order: the first is wrong."""
    assert PrecisionAt(ranked(rows), 1)(ONCE)[0] == 1 / 2


def test_the_last_one_may_be_taken_in_part() -> None:
    """Guilty accounts that stand for half a one leave room for half of the next."""
    each = np.where(GUILTY > 0, 0.5, 1.0)
    first_day = ranked(DAYS[:3], each)
    assert PrecisionAt(first_day, 1)(ONCE)[0] == pytest.approx(0.5)
    assert PrecisionAt(first_day, 2)(ONCE)[0] == pytest.approx((0.5 + 0.5) / 2)
    assert RecallAt(first_day, 1.75, GUILTY)(ONCE)[0] == pytest.approx((1 + 0.5) / 3)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
@settings(max_examples=examples(60), deadline=None)
def test_what_no_draw_reaches_may_be_left_out(drawn: list[int]) -> None:
    """`within` changes no figure whose draws count nobody more than four times."""
    rows = [(n % 4, 1, float(-n), 0, n % 3 == 0) for n in range(40)]
    weights = np.array([drawn], np.float64)
    if min(drawn) == 0:
        weights += 1.0
    whole = ranked(rows)
    assert len(whole.within(2).accounts) < len(whole.accounts)
    for figure in (lambda one: PrecisionAt(one, 2), lambda one: RecallAt(one, 2, GUILTY)):
        assert figure(whole)(weights)[0] == pytest.approx(figure(whole.within(2))(weights)[0])


def test_nothing_to_look_at() -> None:
    """Without alerts no precision is known, and nobody is reached."""
    empty = Ranked.of(pl.DataFrame(schema=TOUCHES), np.ones(4))
    assert np.isnan(PrecisionAt(empty, 10)(ONCE)[0])
    assert RecallAt(empty, 10, GUILTY)(ONCE)[0] == 0
