"""Figures over accounts, by hand and beside scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from thorough import examples

from streams.suite.metrics import AveragePrecision, Quantile, Ratio, point


def test_average_precision_by_hand() -> None:
    """Guilty at ranks 1 and 3 of four: (1/1 + 2/3) / 2."""
    figure = AveragePrecision(np.array([4.0, 3.0, 2.0, 1.0]), np.array([1.0, 0.0, 1.0, 0.0]), np.ones(4))
    assert point(figure, 4) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_of_equal_scores_is_the_prevalence() -> None:
    """Who ranks all alike knows nothing, in whatever order the guilty stand."""
    for guilty in ([1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]):
        assert point(AveragePrecision(np.zeros(4), np.array(guilty), np.ones(4)), 4) == 0.25


rows = st.lists(st.tuples(st.integers(-1, 3), st.booleans(), st.integers(0, 3)), min_size=2, max_size=12)


@given(rows)
@settings(max_examples=examples(90), deadline=None)
def test_average_precision_is_scikit_learns(found: list[tuple[int, bool, int]]) -> None:
    """With ties and weights as with the library's own function; the guilty of no weight are nobody."""
    scores, guilty, weights = (np.array(column, np.float64) for column in zip(*found, strict=True))
    figure = AveragePrecision(scores, guilty, np.ones(len(scores)))
    mine = float(figure(weights[None, :])[0])
    if not (weights * guilty).sum():
        assert math.isnan(mine)
    else:
        assert mine == pytest.approx(average_precision_score(guilty, scores, sample_weight=weights))


@pytest.mark.parametrize(("share", "expected"), [(0.5, 3.0), (0.6, math.inf), (0.9, math.inf), (0.25, 1.0)])
def test_the_undetected_are_later_than_everything(share: float, expected: float) -> None:
    """Of four that waited 1, 3, for ever and for ever, half were found after 3, and nine tenths never."""
    assert point(Quantile(np.array([math.inf, 3.0, 1.0, math.inf]), np.arange(4), share), 4) == expected


def test_a_quantile_of_nobody_is_unknown() -> None:
    """Neither at once nor never: a draw without these accounts says nothing, and no accounts say nothing."""
    assert math.isnan(Quantile(np.array([2.0]), np.array([1]), 0.5)(np.array([[3.0, 0.0]]))[0])
    assert math.isnan(point(Quantile(np.empty(0), np.empty(0, np.int64), 0.5), 2))


def test_a_ratio_counts_accounts_as_often_as_they_were_drawn() -> None:
    """Two of three caught; the third drawn twice, one of the caught not at all: one of three."""
    figure = Ratio(np.array([1.0, 1.0, 0.0]), np.ones(3))
    assert figure(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 2.0], [0.0, 0.0, 0.0]])).tolist() == pytest.approx(
        [2 / 3, 1 / 3, math.nan], nan_ok=True
    )
