"""How values are spread over groups of entities, in bounded memory: histograms over levels half a percent apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl

from features.peers import QUANTILES, Group, Trained, groups_of

FEWEST_ENTITIES = 100
"""A smaller group says nothing of one in a hundred: its parent stands for it."""

_STEPS = 128  # levels an octave
_LEVELS = 64 * _STEPS

Floats = npt.NDArray[np.float64]


class Spread:
    """The values of one group: a histogram a value, and who they are of."""

    def __init__(self, names: Sequence[str]) -> None:
        self.counts = np.zeros((len(names), _LEVELS), np.int64)
        self.entities: set[str] = set()

    def add(self, entities: Sequence[str], levels: npt.NDArray[np.int64]) -> None:
        """Take in rows; levels: int64[rows, values], −1 for none."""
        self.entities.update(entities)
        for column in range(levels.shape[1]):
            known = levels[levels[:, column] >= 0, column]
            self.counts[column] += np.bincount(known, minlength=_LEVELS)

    def join(self, other: Spread) -> None:
        """Take in another group."""
        self.counts += other.counts
        self.entities |= other.entities


class Survey:
    """Plain values of one entity kind, as they stand at whole hours.

    names: the values; scales: whole units in one natural unit of each; whole: which are whole numbers.
    """

    def __init__(self, kind: str, names: Sequence[str], scales: Sequence[float], whole: Sequence[bool]) -> None:
        self._kind, self._names, self._whole = kind, tuple(names), np.array(whole, np.bool_)
        self._scales = np.array(scales, np.float64)
        self._groups: dict[tuple[str | None, str | None], Spread] = {}
        self.rows = 0

    def add(self, entities: Sequence[str], plans: Sequence[str | None], types: Sequence[str | None],
            values: pl.DataFrame) -> None:  # fmt: skip
        """Take in one hour's entities, a row each."""
        matrix = values.select(pl.col(self._names).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
        levels, groups = _levels(matrix * self._scales), list(zip(plans, types, strict=True))
        names, codes = np.array(entities, object), {group: code for code, group in enumerate(dict.fromkeys(groups))}
        of_row = np.array([codes[group] for group in groups], np.int64)
        for group, code in codes.items():
            rows = np.flatnonzero(of_row == code)
            self._groups.setdefault(group, Spread(self._names)).add(names[rows].tolist(), levels[rows])
        self.rows += len(entities)

    def tables(self) -> dict[tuple[Group, str], Floats]:
        """Quantiles of every group that is large enough, of its plan, and of all."""
        spreads: dict[Group, Spread] = {}
        for (plan, event_type), spread in self._groups.items():
            for group in dict.fromkeys(groups_of(self._kind, plan, event_type)):
                spreads.setdefault(group, Spread(self._names)).join(spread)
        large = {group: spread for group, spread in spreads.items() if len(spread.entities) >= FEWEST_ENTITIES}
        return {
            (group, name): self._quantiles(column, spread.counts[column])
            for (group, spread), (column, name) in product(large.items(), enumerate(self._names))
            if spread.counts[column].any()
        }  # fmt: skip

    def _quantiles(self, column: int, counts: npt.NDArray[np.int64]) -> Floats:
        ranks = np.maximum(np.ceil(QUANTILES * counts.sum()), 1)
        levels = np.searchsorted(np.cumsum(counts), ranks, side="left")
        found: Floats = np.exp2(levels / _STEPS) - 1
        natural: Floats = (np.rint(found) if self._whole[column] else found) / self._scales[column]
        return natural


def _levels(values: Floats) -> npt.NDArray[np.int64]:
    """log2(1 + value) in 1/128; what is below 0 counts as 0, −1 for none."""
    with np.errstate(invalid="ignore"):
        found = np.rint(np.log2(1 + np.maximum(values, 0)) * _STEPS)
    return np.where(np.isnan(values), -1, np.minimum(found, _LEVELS - 1)).astype(np.int64)


def trained(surveys: Mapping[str, Survey], about: Mapping[str, object]) -> Trained:
    """The tables of all kinds."""
    tables: dict[tuple[Group, str], Floats] = {}
    for survey in surveys.values():
        tables |= survey.tables()
    return Trained(tables, about)
