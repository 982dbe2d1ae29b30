"""Peer tables: how a feature is spread over the entities of one plan, as of the last whole hour."""

from __future__ import annotations

from collections.abc import Mapping

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
