"""Rows into a model: which groups there are, a forest of each, and how high honest entities score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.anomaly.forest import Floats
from detectors.anomaly.group import Group, prepared
from detectors.anomaly.growing import as_arrays, grown
from detectors.anomaly.model import ANY, Declared, matrix_of
from detectors.anomaly.reference import reference_of
from streams.history.model_belief import believed
from streams.history.training import TooLittle
from streams.pack.model_file import Golden

FEWEST_ENTITIES = 200
"""A smaller plan says too little of itself: it is set beside the other small ones."""

MOST_OF_SOURCE = 0.01
"""Of a group's rows, and of its held-back days, how many may be of one organisation (safety.md 14)."""

_GOLDEN_ROWS = 100
_STEP = 2.0**-20
"""Calibration scores are rounded up to a multiple of it: p-values grow by nothing that anybody sees, files shrink."""

_LEVELS = (0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True)
class Learnt:
    """Groups by plan, golden vectors and figures of each (JSON)."""

    groups: Mapping[str, Group]
    golden: Mapping[str, Golden]
    figures: Mapping[str, Mapping[str, object]]


def learn(declared: Declared, rows: pl.DataFrame, scales: Floats, seed: int, one_plan: bool) -> Learnt:
    """A model of rows as `Rows.frame` gives them, with _source (String), who they are of. Raises TooLittle.

    A plan with enough entities and held-back days is a group. ANY is learnt from the rest, or, where they are too
    few, from all.
    """
    plans = rows["_plan"].unique().to_list()
    if len(plans) == 1 and not one_plan:
        called = f"of one plan ({plans[0]})" if plans[0] else "without a plan"
        raise TooLittle(
            f"all entities are {called}, so that none is set beside its like; --one-plan learns all the same"
        )
    learner = _Learner(declared, scales, seed)
    found = {plan: one for plan, part in _by_plan(rows) if (one := learner.group(part))}
    rest = rows.filter(~pl.col("_plan").is_in(list(found)).fill_null(False))
    others = learner.group(rest) or learner.group(rows)
    if others is None:
        raise TooLittle(learner.lacks(rows))
    found[ANY] = others
    return Learnt({plan: one.group for plan, one in found.items()}, {plan: one.golden for plan, one in found.items()},
                  {plan: one.figures for plan, one in found.items()})  # fmt: skip


def _by_plan(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for plan in rows["_plan"].drop_nulls().unique().sort().to_list():
        yield plan, rows.filter(pl.col("_plan") == plan)


@dataclass(frozen=True)
class _Found:
    """A group, its golden vectors and figures."""

    group: Group
    golden: Golden
    figures: Mapping[str, object]


class _Learner:
    """Groups of one declared model."""

    def __init__(self, declared: Declared, scales: Floats, seed: int) -> None:
        self._declared, self._scales, self._seed = declared, scales, seed
        self._needed = int(np.ceil(1 / declared.p_value))

    def group(self, rows: pl.DataFrame) -> _Found | None:
        """A group of rows; None where they are too few."""
        grow, held = capped(rows.filter(~pl.col("_held"))), capped(rows.filter("_held"))
        few = rows["_entity"].n_unique() < FEWEST_ENTITIES or _days(held) < self._needed
        return None if few or not grow.height else self._learnt(rows["_entity"].n_unique(), grow, held)

    def _learnt(self, entities: int, grow: pl.DataFrame, held: pl.DataFrame) -> _Found:
        values = self._matrix(grow)
        known = ~np.isnan(values).all(axis=0)
        usual = np.zeros(values.shape[1])
        usual[known] = np.nanmedian(values[:, known], axis=0)
        seen_as = partial(self._prepared, usual)
        clean = believed(grow, held, seen_as, self._declared.p_value, self._seed)
        grow, held, seen = clean.grow, clean.held, seen_as(clean.grow)
        forest = grown(seen, self._seed)
        group = Group(as_arrays(forest), usual, self._scales, np.empty(0))
        scores = group.scores(self._matrix(held))
        days = held.with_columns(_score=pl.Series(scores)).group_by(
            "_entity", "_day", "_source", maintain_order=True).agg(pl.col("_score").max())  # fmt: skip
        each = held.group_by("_entity").len()["len"].to_numpy()
        group = replace(group, calibration=_calibration(days["_score"].to_numpy()),
                        reference=reference_of(self._matrix(held), scores, each))  # fmt: skip
        sample = self._matrix(pl.concat([held, grow]).head(_GOLDEN_ROWS))
        golden = Golden(sample, -forest.score_samples(group.prepared(sample)))
        blind = [name for name, same in zip(self._declared.features, np.ptp(seen, axis=0) == 0, strict=True) if same]
        figures = {"entities": entities, "left_out_as_unlike": clean.left_out, "rows": grow.height,
                   "held_back_days": days.height, "same_for_all": blind,
                   "scores": self._quantiles(days), "share_at_p": self._share(group, days)}  # fmt: skip
        return _Found(group, golden, figures)

    def _matrix(self, rows: pl.DataFrame) -> Floats:
        return matrix_of(rows, self._declared.features)

    def _prepared(self, usual: Floats, rows: pl.DataFrame) -> Floats:
        return prepared(self._matrix(rows), usual, self._scales)

    def _quantiles(self, days: pl.DataFrame) -> dict[str, float]:
        levels = np.quantile(days["_score"].to_numpy(), _LEVELS).tolist()
        return {f"p{level * 100:g}": round(score, 6) for level, score in zip(_LEVELS, levels, strict=True)}

    def _share(self, group: Group, days: pl.DataFrame) -> float | None:
        """The share of held-back days at the model's p-value where each half is judged by the other; None where a half
        is too small for any. Halves are of whole sources.
        """
        number = days["_source"].rank("dense").to_numpy() % 2
        scores = days["_score"].to_numpy()
        halves = [np.sort(scores[number == half]) for half in (0, 1)]
        if min(map(len, halves)) < self._needed:
            return None
        judged = [replace(group, calibration=by).p_values(other) for by, other in (halves, halves[::-1])]
        return round(float((np.concatenate(judged) <= self._declared.p_value).mean()), 6)

    def lacks(self, rows: pl.DataFrame) -> str:
        """Why nothing can be learnt of rows."""
        entities, days = rows["_entity"].n_unique(), _days(capped(rows.filter("_held")))
        return (f"{entities:,} entities and {days:,} held-back days of them; needed are {FEWEST_ENTITIES:,} entities, "
                f"and {self._needed:,} held-back days for p-values of {self._declared.p_value:g}: give more events, "
                "or declare a greater p_value")  # fmt: skip


def capped(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows without what one source has above its share; rows of one held-back day stay together."""
    counts = rows.group_by("_source").agg(pl.col("_order").n_unique())["_order"].to_numpy()
    return rows.filter(pl.col("_order").rank("dense").over("_source") <= most_of_one(counts))


def most_of_one(counts: npt.NDArray[np.unsignedinteger[Any]]) -> int:
    """How many each source may have, at least 1, so that none has more than its share.

    That is 1 %, or twice an even share where there are few. counts: how many each has.
    """
    share = max(MOST_OF_SOURCE, 2 / max(len(counts), 1))
    low, high = 1, int(counts.max(initial=1))
    while low < high:
        middle = (low + high + 1) // 2
        fits = middle <= share * float(np.minimum(counts, middle).sum())
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _calibration(scores: Floats) -> Floats:
    rounded: Floats = np.sort(np.ceil(scores / _STEP) * _STEP)
    return rounded


def _days(held: pl.DataFrame) -> int:
    return held.select("_entity", "_day").n_unique()
