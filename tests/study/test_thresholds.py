"""Thresholds come from the first part and let no more through there than they say."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study import page
from study.thresholds import FALSE_SHARE, fixed, judged
from thorough import examples

from streams.suite.pool import Pool
from streams.suite.ranking import TOUCHES


def pool(scores: list[float], guilty: int, days: int) -> Pool:
    """Accounts with one touch each, the first ones guilty; each had so many days."""
    count = len(scores)
    accounts = pl.DataFrame(
        {"number": range(count), "guilty": [n < guilty for n in range(count)], "days": [days] * count}
    )
    touches = [(n, 1, score, 0, n < guilty) for n, score in enumerate(scores)]
    frame = pl.DataFrame(touches, schema=TOUCHES, orient="row")
    return Pool(accounts, pl.DataFrame(), {"some": frame}, {}, {})


@given(st.lists(st.integers(0, 5).map(float), min_size=1, max_size=40), st.integers(1, 40))
@settings(max_examples=examples(60), deadline=None)
def test_no_more_honest_days_reach_it_than_allowed(scores: list[float], days: int) -> None:
    """However many scores are equal; and where all may pass, all do."""
    honest = pool(scores, 0, days)
    reached = sum(score >= fixed(honest)["some"] for score in scores)
    allowed = int(len(scores) * days * FALSE_SHARE)
    assert reached <= allowed
    assert reached == len(scores) or len(scores) > allowed


def test_what_a_threshold_is_worth_elsewhere() -> None:
    """Of 3 guilty accounts 2 reach it, and of 7 honest ones with 10 days each 1."""
    found = judged(pool([9.0, 9.0, 1.0, 9.0, *[1.0] * 6], 3, 10), {"some": 5.0}, 1)["some"]
    assert found["recall"]["value"] == pytest.approx(2 / 3)  # type: ignore[index]
    assert found["false"]["value"] == pytest.approx(10_000 / 70)  # type: ignore[index]
    assert np.isfinite(found["false"]["interval_95"]).all()  # type: ignore[index]


def test_runs_of_the_test_are_counted() -> None:
    """Each is added to those before, and takes away what an earlier one found; without figures there is no page."""
    once = page.noted({"runs": []}, "2026-01-01", "pack", 1)
    twice = page.noted({**once, "found": {}}, "2026-01-02", "pack", 1)
    assert [one["date"] for one in twice["runs"]] == ["2026-01-01", "2026-01-02"]
    assert "found" not in twice
    assert list(page.page(twice)) == []
    assert json.loads(json.dumps(twice)) == twice
