"""Drift: how rows that are served are spread, set beside how the honest ones of the training were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thorough import examples

from detectors.anomaly.drift import FEWEST_ROWS, by_chance, drift_of, index, keys_of, net_index
from detectors.anomaly.forest import Floats
from detectors.anomaly.group import Group
from detectors.anomaly.model import ANY, Declared, Model
from detectors.anomaly.reference import BINS, EDGES, Reference, reference_of, worth
from detectors.anomaly.scored_rows import HOURS, ScoredRows, scored_rows
from features.ticks import Ints

GREAT = 0.25


def rows(count: int, seed: int) -> tuple[Floats, Floats]:
    """Values of three features, one as good as always 0 and one mostly not known, and scores."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 1, (count, 3))
    values[rng.random(count) < 0.97, 1] = 0
    values[rng.random(count) < 0.8, 2] = np.nan
    return values, rng.beta(5, 7, count)


def reference(count: int = 5_000, seed: int = 1) -> Reference:
    """The spread of such rows, each of an entity of its own."""
    return reference_of(*rows(count, seed), np.ones(count, np.uint32))


def alike(count: int, entities: int, seed: int) -> tuple[Floats, Floats]:
    """So many rows of so few entities, each time the same."""
    values, scores = rows(entities, seed)
    return np.repeat(values, count // entities, axis=0), np.repeat(scores, count // entities)


def test_bins_are_deciles_and_what_is_tied_or_unknown_has_its_own() -> None:
    """Ten bins of a tenth where values differ; 0 as one bin where nearly all are 0; the last for what is not known."""
    found = reference()
    assert found.edges.shape == (4, EDGES)
    np.testing.assert_allclose(found.shares[0, :-1], 0.1, atol=0.001)
    assert found.edges[1].tolist() == [0.0] + [np.inf] * (EDGES - 1)
    assert found.shares[1, 0] == pytest.approx(0.97, abs=0.01)
    assert found.shares[2, -1] == pytest.approx(0.8, abs=0.02)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)
    nothing = reference_of(np.full((9, 1), np.nan), np.ones(9), np.ones(9, np.uint32))
    assert nothing.shares[0].tolist() == [0.0] * (BINS - 1) + [1.0]


def test_rows_of_one_entity_are_worth_little_more_than_one() -> None:
    """Kish: a hundred entities with a row each are a hundred, one with all rows is one."""
    assert worth(np.ones(100, np.uint32)) == 100
    assert worth(np.array([100], np.uint32)) == 1
    assert worth(np.array([24] * 10 + [1] * 240, np.uint32)) == pytest.approx(38.4, abs=0.1)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=2, max_size=BINS))
def test_the_index_is_symmetric_and_nothing_where_nothing_differs(pairs: list[tuple[int, int]]) -> None:
    """It is 0 beside itself, never below, and finite beside empty bins."""
    now, before = (np.array(one, np.float64) / max(sum(one), 1) for one in zip(*pairs, strict=True))
    assert index(now, now) == 0
    assert index(now, before) == pytest.approx(index(before, now))
    assert 0 <= index(now, before) < np.inf


def test_the_quantile_by_chance_is_that_of_tables() -> None:
    """Of the chi-squared distribution, 1 in 1,000 lie above 10.83 (1 degree), 29.59 (10): within a few per cent."""
    found = by_chance(np.array([0, 1, 10]), 1.0)
    assert found[0] == 0
    np.testing.assert_allclose(found[1:], [10.83, 29.59], rtol=0.035)


@pytest.mark.parametrize("entities", [60, 200, 2_000])
def test_chance_alone_is_no_drift(entities: int) -> None:
    """Rows of the same world, of few entities around the clock or of many: not one line reads as a great change."""
    wrong = 0
    for seed in range(examples(60)):
        before = reference(entities, 2 * seed)
        now = before.counted(*alike(HOURS * entities, entities, 2 * seed + 1))
        wrong += int((net_index(now, before) > GREAT).sum())
    assert wrong == 0


def test_what_has_moved_is_told_and_what_has_not_is_not() -> None:
    """A feature three times as high, one no longer known, higher scores; too few rows say nothing at all."""
    before, (values, scores) = reference(), rows(FEWEST_ROWS * 10, 9)
    calm = net_index(before.counted(values, scores), before)
    assert (calm < 0.02).all()
    values[:, 0] *= 3
    values[:, 2] = np.nan
    moved = net_index(before.counted(values, scores), before)
    assert (moved > GREAT).tolist() == [True, False, True, False]
    assert net_index(before.counted(values, np.sqrt(scores)), before)[-1] > GREAT
    few = before.counted(values[: FEWEST_ROWS - 1], scores[: FEWEST_ROWS - 1])
    assert np.isnan(net_index(few, before)).all()


def a_model() -> Model:
    """A model of two groups; what they would score matters to nobody here."""
    bare = Group(None, np.zeros(3), np.ones(3), np.empty(0))  # type: ignore[arg-type]
    groups = {"pro": replace(bare, reference=reference(seed=1)), ANY: replace(bare, reference=reference(seed=2))}
    return Model(Declared("odd", "odd", "c", "low", "account", ("a", "b", "c"), 0.01, 1), groups)


def test_partitions_are_added_and_the_worst_group_is_told() -> None:
    """Rows of one group in two partitions are one day's rows; a group with too few rows says nothing of itself."""
    model = a_model()
    pro, others = keys_of([model]).items()
    parts = [ScoredRows(hour=100), ScoredRows(hour=300)]
    for at, part in enumerate(parts):
        values, scores = rows(FEWEST_ROWS // 2 + 9, 5 + at)
        part.add(pro[0], pro[1].counted(values * [9, 1, 1], scores))
        part.add(others[0], others[1].counted(*rows(9, 7)))
        part.hour += 1
    alone, both = (drift_of(model, some) for some in (parts[:1], parts))
    assert np.isnan([alone.score, *alone.features.values()]).all()
    assert both.rows == 2 * (FEWEST_ROWS // 2 + 18)
    assert both.features["a"] > GREAT > both.score
    assert both.features["b"] == 0


def test_only_the_last_whole_hours_count_and_what_is_gone_is_forgotten() -> None:
    """The running hour waits for its end, a day-old one is dropped, and a frame holds all of it."""
    ones: Ints = np.ones((4, BINS), np.int64)
    seen, key, gone = ScoredRows(), ("odd", ANY, "x"), ("odd", ANY, "old")
    for hour in range(100):
        seen.hour = hour
        seen.add(key, ones * hour)
        seen.add(gone, ones)
        told = seen.last_day(key)
        assert told is not None
        assert told[0, 0] == sum(range(max(hour - HOURS, 0), hour))
    again = scored_rows(seen.frame())
    assert again.frame().equals(seen.frame())
    assert (again.last_day(key) == seen.last_day(key)).all()  # type: ignore[union-attr]
    again.keep([key])
    assert again.last_day(gone) is None
    again.hour += 500
    assert not again.last_day(key).any()  # type: ignore[union-attr]
