"""Rows into models: who makes a group, how much one source counts, and what guilty ones among them cost."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.anomaly.forest import Floats
from detectors.anomaly.model import ANY, Declared
from streams.history.model_learning import Learnt, capped, learn, most_of_one
from streams.history.training import TooLittle

FEATURES = ("a", "b", "c", "d", "e", "f")
MODEL = Declared("odd", "odd", "spam", "low", "account", FEATURES, 0.005, 3_600_000)
SCALES = np.ones(len(FEATURES))


def rows_of(values: Floats, seed: int, plan: str = "pro", each: int = 3) -> pl.DataFrame:
    """Rows as `Rows.frame` gives them: `each` of an account, all on one day, 30 % of the accounts held back."""
    rng = np.random.default_rng(seed)
    accounts = np.arange(len(values)) // each
    held = rng.random(accounts.max() + 1) < 0.3
    order = np.where(held[accounts], rng.integers(0, 2**62, accounts.max() + 1)[accounts],
                     rng.integers(0, 2**62, len(values)))  # fmt: skip
    names = [f"{plan}-{one}" for one in accounts.tolist()]
    return pl.DataFrame({
        "_entity": names, "_account": names, "_plan": plan, "_day": pl.Series([1] * len(names), dtype=pl.Int64),
        "_order": pl.Series(order, dtype=pl.UInt64), "_held": held[accounts], "_source": names,
        **{name: values[:, column] for column, name in enumerate(FEATURES)},
    })  # fmt: skip


def honest(count: int, seed: int) -> Floats:
    """Rows of a log-normal world."""
    return np.random.default_rng(seed).lognormal(0, 1, (count, len(FEATURES)))


def recall(learnt: Learnt, wrong: Floats) -> float:
    """The share of rows at the model's p-value."""
    group = learnt.groups[ANY]
    return float((group.p_values(group.scores(wrong)) <= MODEL.p_value).mean())


def test_accounts_mislabelled_as_honest_are_told_of_and_cost_little() -> None:
    """One campaign of one account in twenty, among those grown from and those held back: at most two points."""
    wrong = np.random.default_rng(9).lognormal(0, 1, (6_000, 6)) * np.array([30, 30, 1, 30, 1, 1])
    values, bad = honest(6_000, 1), np.repeat(np.random.default_rng(2).random(2_000) < 0.05, 3)
    right, mixed = (learn(MODEL, rows_of(one, 1), SCALES, 0, one_plan=True)
                    for one in (values, np.where(bad[:, None], wrong, values)))  # fmt: skip
    assert recall(right, wrong[:2_000]) > 0.5, "who cannot be found shows nothing"
    assert recall(right, wrong[:2_000]) - recall(mixed, wrong[:2_000]) <= 0.02
    assert right.figures[ANY]["left_out_as_unlike"] == 0
    assert 50 <= mixed.figures[ANY]["left_out_as_unlike"] <= 130  # type: ignore[operator]


def test_plans_with_enough_are_groups_and_the_others_one_together() -> None:
    """A plan of 200 accounts and enough held-back days stands alone; what is left, or else everyone, is ANY."""
    both = pl.concat([rows_of(honest(3_000, 1), 1, "pro"), rows_of(honest(300, 2), 2, "team")])
    found = learn(MODEL, both, SCALES, 0, one_plan=False)
    assert set(found.groups) == {"pro", ANY}
    assert found.figures[ANY]["entities"] == 1_100
    assert found.golden["pro"].rows.shape == (100, len(FEATURES))


def test_what_says_too_little_is_refused() -> None:
    """One plan only, unless that is wanted; too few entities; too few held-back days for the p-value."""
    rows = rows_of(honest(3_000, 1), 1)
    with pytest.raises(TooLittle, match=r"of one plan \(pro\)"):
        learn(MODEL, rows, SCALES, 0, one_plan=False)
    with pytest.raises(TooLittle, match="100 entities"):
        learn(MODEL, rows[:300], SCALES, 0, one_plan=True)
    with pytest.raises(TooLittle, match="and 200 held-back days"):
        learn(MODEL, rows[:900], SCALES, 0, one_plan=True)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=300))
def test_no_source_has_more_than_its_share(counts: list[int]) -> None:
    """Not above 1 %, or twice an even share where there are few; and one more would be."""
    each = np.array(counts, np.uint32)
    most, share = most_of_one(each), max(0.01, 2 / len(counts))
    kept = np.minimum(each, most)
    assert most == 1 or kept.max() <= share * kept.sum()
    more = np.minimum(each, most + 1)
    assert most >= each.max() or more.max() > share * more.sum()


def test_one_loud_source_is_cut_to_its_share() -> None:
    """An organisation with thousands of rows teaches no more than the cap lets it."""
    rows = rows_of(honest(3_000, 4), 4).with_columns(
        _source=pl.when(pl.int_range(pl.len()) < 1_500).then(pl.lit("org big")).otherwise(pl.col("_source"))
    )
    left = capped(rows.filter(~pl.col("_held")))
    assert left.filter(pl.col("_source") == "org big").height <= 0.01 * left.height + 1
