"""Whom a model is learnt from, once those are left out whom training does not believe to be honest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from detectors.anomaly.cleaning import doubted, witnessing
from detectors.anomaly.forest import Floats
from streams.history.model_rows import MOST_OF_ENTITY


@dataclass(frozen=True)
class Believed:
    """grow: rows to grow from; held: rows to calibrate with; left_out: entities that neither are of.

    A few rows of theirs stay in grow as witnesses: see `witnessing`.
    """

    grow: pl.DataFrame
    held: pl.DataFrame
    left_out: int


def believed(grow: pl.DataFrame, held: pl.DataFrame, seen: Callable[[pl.DataFrame], Floats], p: float,
             seed: int) -> Believed:  # fmt: skip
    """Rows without the entities that are out of line with all others; seen: rows as a forest sees them.

    All are believed where, else, fewer held-back days would be left than p-values of p need.
    """
    drawn = _drawn(held, seed)
    rows = pl.concat([grow, drawn])
    names, of = np.unique(rows["_entity"].to_numpy(), return_inverse=True)
    unlike = pl.Series(names[doubted(seen(rows), of.astype(np.int64), ~rows["_held"].to_numpy(), p, seed)],
                       dtype=pl.String)  # fmt: skip
    left = held.filter(~pl.col("_entity").is_in(unlike.implode()))
    if left.select("_entity", "_day").n_unique() * p < 1:
        return Believed(grow, held, 0)
    doubts = grow["_entity"].is_in(unlike.implode()).to_numpy()
    return Believed(grow[witnessing(doubts, p, seed)], left, len(unlike))


def _drawn(held: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Of each held-back entity as many rows as others have to grow from, so that all are judged alike."""
    return held.filter(pl.int_range(pl.len()).shuffle(seed).over("_entity") < MOST_OF_ENTITY)
