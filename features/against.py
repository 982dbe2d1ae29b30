"""Values set beside an entity's own past and its trained peers: `requests_1h_vs_own`, `requests_1h_vs_peers`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl

from features.baseline import Baselines
from features.catalog import Catalog, Value
from features.due import type_names
from features.event import COLUMNS
from features.peers import Trained
from features.ticks import Ints

Floats = npt.NDArray[np.float64]

_COUNTED = ("count", "distinct", "novel", "active_hours")
_THOUSANDTHS = 1000.0


class Against:
    """How the compared values of one entity kind are made. Holds no state: that is in `Baselines`."""

    def __init__(self, catalog: Catalog, kind: str, trained: Trained) -> None:
        self._kind, self._trained = kind, trained
        self._own = [v for v in catalog.values[kind].values() if v.facet == "own"]
        self._peers = [v for v in catalog.values[kind].values() if v.facet == "peers"]
        self._scales = np.array([scale_of(value) for value in self._own])

    @property
    def any(self) -> bool:
        """Whether the kind has compared values at all."""
        return bool(self._own or self._peers)

    def baselines(self, cap: int) -> Baselines:
        """No pasts yet."""
        return Baselines([value.plain for value in self._own], cap)

    def joined(
        self, values: pl.DataFrame, past: Baselines, entities: Sequence[str], as_of: Ints,
        plans: Sequence[str | None], dominant: npt.NDArray[np.int16], learn: bool = True,
    ) -> pl.DataFrame:  # fmt: skip
        """The values with the compared ones beside them, Float64, null where there is nothing to compare with.

        learn: take the values into the pasts, rows of one entity being in order of time.
        """
        found: dict[str, Floats] = {}
        groups = _Groups(plans, type_names(dominant)) if self._trained.tables else None
        if self._own:
            matrix = _matrix(values, [v.plain for v in self._own]) * self._scales
            ceilings = np.full_like(matrix, np.nan)
            if groups is not None:
                ceilings = groups.told([self._told(v, self._trained.p999) for v in self._own]) * self._scales
            beside = past.against(entities, as_of, matrix, ceilings) if learn else past.beside(entities, matrix)
            found |= {value.name: beside[:, column] for column, value in enumerate(self._own)}
        if self._peers and groups is not None:
            limits = groups.told([self._told(v, self._trained.p99) for v in self._peers])
            plain = _matrix(values, [v.plain for v in self._peers])
            ratios = plain / np.where(limits > 0, limits, np.nan)
            found |= {value.name: ratios[:, column] for column, value in enumerate(self._peers)}
        compared = values.with_columns(**{name: pl.Series(one) for name, one in found.items()})
        untold = [pl.lit(None, pl.Float64).alias(v.name) for v in self._peers if v.name not in found]
        return compared.with_columns(pl.col(list(found)).fill_nan(None), *untold)

    def _told(self, value: Value, by: Callable[[str, str | None, str | None, str], float]) -> _Tell:
        return lambda plan, event_type: by(self._kind, plan, event_type, value.plain)


_Tell = Callable[[str | None, str | None], float]


class _Groups:
    """Rows by plan and dominant event type: what is told of a group is asked once."""

    def __init__(self, plans: Sequence[str | None], types: Sequence[str | None]) -> None:
        self._pairs = dict.fromkeys(zip(plans, types, strict=True))
        codes = {pair: code for code, pair in enumerate(self._pairs)}
        self._rows = np.array([codes[pair] for pair in zip(plans, types, strict=True)], np.int64)

    def told(self, tells: Sequence[_Tell]) -> Floats:
        """What each tells of each row's group; float64[rows, tells]."""
        found = np.array([tell(*pair) for pair, tell in product(self._pairs, tells)])
        return found.reshape(-1, len(tells))[self._rows]


def _matrix(values: pl.DataFrame, names: Sequence[str]) -> Floats:
    return values.select(pl.col(names).cast(pl.Float64).fill_null(float("nan"))).to_numpy()


def scale_of(value: Value) -> float:
    """Whole units in one natural unit: levels are of 1 + value, so that small fractions would all be 0."""
    if value.feature.aggregate in _COUNTED:
        return 1.0
    column = value.feature.column
    return COLUMNS[column].scale if column else _THOUSANDTHS
