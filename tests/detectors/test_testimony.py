"""What models say of due entities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_pack import small_pack

from detectors.anomaly.group import Group
from detectors.anomaly.growing import grow
from detectors.anomaly.model import ANY, Declared, Model
from detectors.anomaly.reference import reference_of
from detectors.anomaly.scored_rows import ScoredRows
from detectors.anomaly.testimony import MOST_TOLD, Models
from features.due import Due
from features.panes import NEVER
from features.peers import Peers

HOUR = 3_600_000
NOW = 500_000 * HOUR
CATALOG = small_pack().catalog
NAMES = [name for name, value in CATALOG.values["account"].items() if not value.compares and value.window][:3]
USUAL = (40.0, 12.0, 5.0)


def honest(count: int, seed: int) -> Any:
    """Values of ordinary accounts; float64[count, 3]."""
    return np.random.default_rng(seed).lognormal(np.log(USUAL), 0.4, (count, 3))


@pytest.fixture(scope="module")
def model() -> Model:
    """Grown of 600 accounts, calibrated on 999 others."""
    bare = Group(None, np.median(honest(600, 1), axis=0), np.ones(3), np.empty(0))  # type: ignore[arg-type]
    group = replace(bare, forest=grow(bare.prepared(honest(600, 1)), seed=7))
    scores = group.scores(honest(999, 2))
    group = replace(group, calibration=np.sort(scores),
                    reference=reference_of(honest(999, 2), scores, np.ones(999, np.uint32)))  # fmt: skip
    declared = Declared("odd", "Odd use", "c", "low", "account", tuple(NAMES), 0.005, 6 * HOUR)
    return Model(declared, {ANY: group})


def due(rows: Any, fresh: list[bool] | None = None, age_ms: int = 30 * 24 * HOUR) -> tuple[Due, dict[str, int]]:
    """Evaluations of accounts of no plan with these values, and when their features were born."""
    count = len(rows)
    schema = CATALOG.schema("account")
    known = {n: pl.Series(column).cast(schema[n]) for n, column in zip(NAMES, np.array(rows).T, strict=True)}
    values = pl.DataFrame({n: [None] * count for n in schema}, schema=schema).with_columns(**known)
    whole, times = np.arange(count, dtype=np.int64), np.full(count, NOW)
    made = Due("account", [f"a{i}" for i in whole], whole, whole, whole, times, np.full(count, NEVER), whole,
               [None] * count, np.full(count, -1, np.int16), values, np.zeros(count, np.bool_), (Peers(), Peers()),
               np.array(fresh if fresh is not None else [True] * count))  # fmt: skip
    return made, dict.fromkeys(CATALOG.values["account"], NOW - age_ms)


NONE = np.empty(0, np.int64)
FAR = [4_000.0, 3_000.0, 900.0]


def test_who_is_far_from_all_stands_out(model: Model) -> None:
    """Of ordinary accounts and one far off, that one alone is told of, and each number says why."""
    models = Models([model], "account", CATALOG.values["account"])
    rows, births = due([*honest(5, 3), FAR])
    (found,) = models.standouts(rows, births, NONE, ScoredRows())
    assert (found.row, found.p_value) == (5, 1 / 1_000)
    least, *told = models.evidence(found, rows)
    assert (least.condition, least.value, least.threshold) == ("p-value", 1 / 1_000, 0.005)
    assert 1 <= len(told) <= MOST_TOLD
    assert {one.feature for one in told} <= set(NAMES)
    for one in told:
        at = NAMES.index(str(one.feature))
        assert (one.value, one.usual, one.operator) == (round(FAR[at]), model.groups[ANY].usual[at], ">")
        assert one.moved is not None
        assert one.moved > 0
    assert [one.moved for one in told] == sorted((one.moved or 0 for one in told), reverse=True)


def test_only_fresh_evaluations_and_those_that_a_rule_fired_on_are_scored(model: Model) -> None:
    """Within the hour an entity is scored again only where a rule has fired on it; that is not counted as drift."""
    models, seen = Models([model], "account", CATALOG.values["account"]), ScoredRows(hour=5)
    rows, births = due([FAR, FAR, FAR], [True, False, False])
    assert [one.row for one in models.standouts(rows, births, NONE, ScoredRows())] == [0]
    assert [one.row for one in models.standouts(rows, births, np.array([2]), seen)] == [0, 2]
    ((key, _),) = seen.rings.items()
    seen.hour += 1
    counts = seen.last_day(key)
    assert counts is not None
    assert (counts[:, -2] == 1).all(), "far above the last decile in all features and the score"
    assert counts.sum() == len(NAMES) + 1


def test_half_filled_windows_are_not_judged(model: Model) -> None:
    """While a feature is younger than its window what looks unusual may be its youth."""
    models = Models([model], "account", CATALOG.values["account"])
    rows, births = due([FAR], age_ms=60_000)
    assert models.standouts(rows, births, NONE, ScoredRows()) == []


def test_a_plan_that_nothing_was_learnt_of_is_not_judged(model: Model) -> None:
    """Where there is neither a group of the plan nor one for all, nobody stands out."""
    models = Models([replace(model, groups={"team": model.groups[ANY]})], "account", CATALOG.values["account"])
    assert models.standouts(*due([FAR]), NONE, ScoredRows()) == []
