"""Formulas beside figures that others published."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.peers import FEWEST, Peers, tables, thinned
from features.values import wilson


@pytest.mark.parametrize(
    ("successes", "trials", "lower"),
    [(10, 20, 0.2993), (0, 20, 0.0), (1, 1, 0.2065), (2, 2, 0.3424), (81, 263, 0.2553), (15, 148, 0.0624)],
)
def test_wilson_bound_is_the_published_one(successes: int, trials: int, lower: float) -> None:
    """The lower bound agrees with Newcombe's (1998) examples and the small cases every textbook has."""
    assert wilson(np.array([float(successes)]), np.array([float(trials)]))[0] == pytest.approx(lower, abs=5e-4)


def test_wilson_of_nothing_is_unknown() -> None:
    """Without trials there is no bound, and more successes than trials count as all."""
    assert np.isnan(wilson(np.array([0.0]), np.array([0.0])))[0]
    assert wilson(np.array([7.0]), np.array([5.0]))[0] == wilson(np.array([5.0]), np.array([5.0]))[0]


def test_a_peer_table_keeps_ends_and_middle() -> None:
    """Of many values a table keeps 1,001 order statistics, the least and the greatest among them."""
    kept = thinned(np.arange(5_001, dtype=np.float64))
    assert (len(kept), kept[0], kept[500], kept[-1]) == (1_001, 0.0, 2_500.0, 5_000.0)


def test_few_peers_say_nothing() -> None:
    """A percentile is given from 20 values on, by plan, and counts only what is less."""
    values = pl.DataFrame({"x": [float(i) for i in range(FEWEST)] + [5.0]})
    peers = Peers(tables("account", [*(["pro"] * FEWEST), "trial"], values))
    assert peers.below("account", "pro", "x", 10.0) == 0.5
    assert peers.below("account", "trial", "x", 10.0) is None
    assert peers.below("account", None, "x", 10.0) is None
