"""Intervals by drawing accounts anew."""

from __future__ import annotations

import numpy as np

from streams.suite.bootstrap import bounds, drawn, intervals
from streams.suite.metrics import Ratio


def test_intervals_cover_a_known_share_as_often_as_they_say() -> None:
    """Of 300 samples of 200 accounts, 3 in 10 guilty, about 95 % of intervals hold 0.3 (±4 standard errors)."""
    rng, hits = np.random.default_rng(11), 0
    for sample in range(300):
        caught = (rng.random(200) < 0.3).astype(np.float64)
        found = intervals({"share": Ratio(caught, np.ones(200))}, np.zeros(200, np.int64), sample, draws=300)["share"]
        assert found is not None
        hits += found[0] <= 0.3 <= found[1]
    assert 0.90 <= hits / 300 <= 0.99


def test_strata_keep_their_size() -> None:
    """However often each account is drawn, guilty ones are drawn among guilty ones: prevalence stays."""
    strata = np.array([0] * 20 + [1] * 5)
    weights = np.concatenate(list(drawn(strata, 3, 50)))
    assert weights.shape == (50, 25)
    assert (weights[:, :20].sum(axis=1) == 20).all()
    assert (weights[:, 20:].sum(axis=1) == 5).all()
    assert (weights == np.concatenate(list(drawn(strata, 3, 50)))).all()


def test_bounds_may_be_never_but_not_of_nothing() -> None:
    """Infinite draws count; draws without an answer do not, and too many of them leave none."""
    assert bounds(np.array([1.0] * 90 + [np.inf] * 10)) == (1.0, np.inf)
    assert bounds(np.array([1.0] * 90 + [np.nan] * 10)) is None
