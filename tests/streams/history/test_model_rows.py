"""Rows to learn from are bounded, and the same however they come."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.due import Due
from features.panes import NEVER
from features.peers import Peers
from features.ticks import DAY_MS
from streams.history import model_rows
from streams.history.model_rows import MOST_DAYS, MOST_OF_ENTITY, Rows

HOUR = DAY_MS // 24


def due(names: list[str], as_of: list[int], fresh: bool = True) -> Due:
    """Evaluations, a row each, whose one value is a number of their own."""
    count, nothing = len(names), np.zeros(len(names), np.int64)
    values = pl.DataFrame({"x": [float(hash(one) % 97) for one in as_of]}, schema={"x": pl.Float64})
    return Due("account", names, nothing, nothing, nothing, np.array(as_of, np.int64), nothing + NEVER, nothing,
               ["pro"] * count, np.zeros(count, np.int16), values, np.zeros(count, np.bool_), (Peers(), Peers()),
               np.full(count, fresh))  # fmt: skip


def hourly(accounts: int, days: int) -> list[tuple[str, int]]:
    """Every account at every hour."""
    return [(f"a{n}", hour * HOUR + n) for hour in range(24 * days) for n in range(accounts)]


def kept(offered: list[tuple[str, int]], size: int, days: int) -> pl.DataFrame:
    """What remains of rows that are offered so many at a time."""
    rows = Rows("account", ["x"], seed=3)
    for at in range(0, len(offered), size):
        part = offered[at : at + size]
        rows.add(due([name for name, _ in part], [as_of for _, as_of in part]), 0, {})
    return rows.frame(days)


def test_what_is_kept_is_bounded_and_hangs_on_no_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """24 rows of one who is learnt from, whole days of one who is held back; none of the first day; the same for all
    cuts, though some made it throw away early.
    """
    monkeypatch.setattr(model_rows, "_LEAST", 100)
    offered = hourly(20, 10)
    first, again = kept(offered, 77, 10), kept(offered, len(offered), 10)
    assert_frame_equal(first, again)
    grow, held = first.filter(~pl.col("_held")), first.filter("_held")
    assert grow.group_by("_entity").len()["len"].max() == MOST_OF_ENTITY
    assert set(held.group_by("_entity", "_day").len()["len"]) == {24}
    assert held.group_by("_entity").agg(pl.col("_day").n_unique())["_day"].max() == MOST_DAYS
    assert first["_day"].min() == 1
    assert 0 < held["_account"].n_unique() < 20


def test_only_what_service_would_score_is_taken() -> None:
    """Evaluations that are not an entity's first of an hour teach nothing; nor do those of other kinds."""
    rows = Rows("account", ["x"], seed=3)
    rows.add(due(["a"], [5], fresh=False), 0, {})
    assert rows.frame(1).is_empty()
    keys = Rows("key", ["x"], seed=3)
    keys.add(due(["a"], [5]), 0, {})
    assert keys.frame(1).is_empty()


def test_windows_that_are_not_full_yet_teach_nothing_as_they_are_not_judged() -> None:
    """Service scores nobody whose windows are half filled, so nobody is learnt from then."""
    rows = Rows("account", ["x"], seed=3)
    for at in (0, 11, 12, 13):
        rows.add(due([f"a{at}"], [at * HOUR]), 0, {"x": 12 * HOUR})
    assert sorted(rows.frame(1)["_entity"]) == ["a12", "a13"]
