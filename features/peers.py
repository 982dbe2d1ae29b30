"""Peer tables: how a feature is spread over the entities of one plan, as of the last whole hour or from training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

FEWEST = 20
"""Fewer values than this say nothing about peers."""

_STEPS = 1000

Key = tuple[str, str | None, str]
"""Entity kind, plan, feature name."""


class Peers:
    """Sorted values (float64) by kind, plan and feature; all of them up to 1,000, else 1,001 order statistics.

    as_of: the whole hour they were made at, in ms; None before the first.
    """

    def __init__(self, tables: Mapping[Key, npt.NDArray[np.float64]] | None = None, as_of: int | None = None) -> None:
        self.tables: dict[Key, npt.NDArray[np.float64]] = dict(tables or {})
        self.as_of = as_of

    def below(self, kind: str, plan: str | None, name: str, value: float) -> float | None:
        """The share (0–1) of peers whose value is less; None where there are too few."""
        table = self.tables.get((kind, plan, name))
        if table is None or len(table) < FEWEST:
            return None
        return float(np.searchsorted(table, value, side="left")) / len(table)


def tables(kind: str, plans: list[str | None], values: pl.DataFrame) -> dict[Key, npt.NDArray[np.float64]]:
    """The tables of one kind; `plans` and the rows of `values` are entities."""
    found: dict[Key, npt.NDArray[np.float64]] = {}
    codes = {plan: code for code, plan in enumerate(dict.fromkeys(plans))}
    groups = np.array([codes[plan] for plan in plans], np.int64)
    matrix = values.select(pl.all().cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    for plan, code in codes.items():
        ordered = np.sort(matrix[groups == code], axis=0)  # NaN comes last
        counts = len(ordered) - np.isnan(ordered).sum(axis=0)
        for column, name in enumerate(values.columns):
            found[kind, plan, name] = thinned(ordered[: counts[column], column].copy())
    return found


def thinned(ordered: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """All of up to 1,000 sorted values, else the order statistics at i · (m − 1) // 1000."""
    count = len(ordered)
    if count <= _STEPS:
        return ordered
    return ordered[np.arange(_STEPS + 1) * (count - 1) // _STEPS]


QUANTILES: npt.NDArray[np.float64] = np.array([*range(0, 100), 99.5, 99.9, 99.99, 100]) / 100
"""The shares (0–1) at which a trained table tells values."""

_P99, _P999 = 99, 101
ANY = "*"
"""Stands for all plans, or all event types, in a trained group."""

Group = tuple[str, str | None, str]
"""Entity kind, plan (or ANY), dominant event type (or ANY)."""


def groups_of(kind: str, plan: str | None, event_type: str | None) -> tuple[Group, Group, Group]:
    """The groups that an entity belongs to, the smallest first."""
    return (kind, plan, event_type or ANY), (kind, plan, ANY), (kind, ANY, ANY)


@dataclass(frozen=True)
class Trained:
    """Peer tables made from stored events, part of the pack: the only ones that may decide anything.

    tables: by group and value name, float64[quantiles]; a small group is missing, and its parent stands for it.
    """

    tables: Mapping[tuple[Group, str], npt.NDArray[np.float64]] = field(default_factory=dict)
    about: Mapping[str, object] = field(default_factory=dict)

    def table(self, kind: str, plan: str | None, event_type: str | None, name: str) -> npt.NDArray[np.float64] | None:
        """The quantiles of the nearest group that has them: plan and type, plan, all."""
        for group in groups_of(kind, plan, event_type):
            found = self.tables.get((group, name))
            if found is not None:
                return found
        return None

    def p99(self, kind: str, plan: str | None, event_type: str | None, name: str) -> float:
        """What one in a hundred peers passes, NaN where nobody knows."""
        return self._at(_P99, kind, plan, event_type, name)

    def p999(self, kind: str, plan: str | None, event_type: str | None, name: str) -> float:
        """What one in a thousand peers passes, NaN where nobody knows."""
        return self._at(_P999, kind, plan, event_type, name)

    def below(self, kind: str, plan: str | None, event_type: str | None, name: str, value: float) -> float | None:
        """The share (0–1) of peers whose value is less, to the quantile; None where nobody knows."""
        table = self.table(kind, plan, event_type, name)
        if table is None:
            return None
        at = int(np.searchsorted(table, value, side="left"))
        return float(QUANTILES[at - 1]) if at else 0.0

    def _at(self, quantile: int, kind: str, plan: str | None, event_type: str | None, name: str) -> float:
        table = self.table(kind, plan, event_type, name)
        return float("nan") if table is None else float(table[quantile])
