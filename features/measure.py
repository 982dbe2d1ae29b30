"""What each event adds to each primitive: one integer per event, computed once for all entity kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from features import distinct
from features.catalog import Primitive, Selection
from features.event import COLUMNS, EVENT_TYPES
from features.panes import NEVER
from features.ticks import Ints

LIMB_BITS = 31
GAP_MOST_MS = (1 << 31) - 1
_LIMB = (1 << LIMB_BITS) - 1
_ORDINAL_DIGITS = 15

_TYPES = pl.Enum(EVENT_TYPES)
_CODES = np.arange(len(EVENT_TYPES))

Mask = npt.NDArray[np.bool_]


class Measured:
    """The events of one family in a chunk, in log order, and what they add.

    `rows`: int64[m], their places in the chunk; `where`: int64[n], the reverse (−1 for others).
    """

    def __init__(self, chunk: pl.DataFrame, among: Mask, hash_key: str) -> None:
        wanted = np.flatnonzero(among)
        everything = len(wanted) == chunk.height
        self.rows = wanted
        self.frame = chunk if everything else chunk[wanted]
        self.where = np.arange(chunk.height) if everything else _reverse(wanted, chunk.height)
        self._hash_key = hash_key
        self._masks: dict[str, Mask] = {}
        self._known: dict[str, Ints] = {}

    def select(self, selections: Iterable[Selection]) -> None:
        """Evaluate which events each selection takes, all in one pass."""
        new = {s.label: taken(s) for s in selections if s.label not in self._masks}
        if not new:
            return
        found = self.frame.select(**new)
        self._masks |= {label: found[label].to_numpy() for label in new}

    def mask(self, selection: Selection) -> Mask:
        """Which events a selection takes; bool[m]."""
        return self._masks[selection.label]

    def added(self, primitive: Primitive) -> Ints:
        """What each event adds to a primitive; int64[m], 0 where it is not taken."""
        selection = primitive.selection
        if primitive.part == "count":
            return self._once(f"count {selection.label}", lambda: self.mask(selection).astype(np.int64))
        if primitive.part in ("high", "low"):
            return squares(self._value(selection), primitive.part)
        if primitive.part == "max":
            return self._lifted(selection)
        return self._value(selection)

    def bits(self, primitive: Primitive) -> Ints:
        """The bit of each event's value or hour; int64[m]."""
        if primitive.part == "hours":
            return self._once("hours", lambda: distinct.hours(self.frame["time"].to_numpy()))
        column = str(primitive.selection.column)
        return self._once(f"bits {column}", lambda: distinct.bits(self.frame[column], self._hash_key))

    def ordinals(self, selection: Selection) -> Ints:
        """The ordinal of each event's value, NEVER where it has none; int64[m]."""
        column = str(selection.column)
        return self._once(f"ordinals {column}", lambda: _ordinals(self.frame[column], column))

    def _value(self, selection: Selection) -> Ints:
        column = str(selection.column)
        scaled = self._once(f"scaled {column}", lambda: _scaled(self.frame[column], column))
        return self._once(f"value {selection.label}", lambda: scaled * self.mask(selection))

    def _lifted(self, selection: Selection) -> Ints:
        column = COLUMNS[str(selection.column)]
        lift = 1 - round(column.least * column.scale)
        return np.where(self.mask(selection), self._value(selection) + lift, 0)

    def _once(self, label: str, compute: Callable[[], Ints]) -> Ints:
        if label not in self._known:
            self._known[label] = compute()
        return self._known[label]


def families(chunk: pl.DataFrame, events: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], Mask]:
    """Which events are of each family of types; bool[height]."""
    codes = chunk["type"].cast(_TYPES).to_physical().to_numpy()
    return {event: np.isin(_CODES, [EVENT_TYPES.index(t) for t in event])[codes] for event in events}


def squares(values: Ints, part: str) -> Ints:
    """One limb of each value's square; int64[n]."""
    squared = values * values
    return squared >> LIMB_BITS if part in ("high", "gap_high") else squared & _LIMB


@lru_cache(maxsize=4096)
@cache
def taken(selection: Selection) -> pl.Expr:
    """Which events a selection takes."""
    condition = pl.col("type").is_in(list(selection.event))
    if selection.where:
        condition = condition & pl.sql_expr(selection.where)
    if selection.column:
        condition = condition & pl.col(selection.column).is_not_null()
    return condition.fill_null(False)


def _scaled(values: pl.Series, column: str) -> Ints:
    if values.dtype == pl.Int64 and COLUMNS[column].scale == 1:
        return values.fill_null(0).to_numpy()
    floats = values.fill_null(0).cast(pl.Float64).to_numpy()
    return np.rint(floats * COLUMNS[column].scale).astype(np.int64)


def _ordinals(values: pl.Series, column: str) -> Ints:
    if COLUMNS[column].is_number:
        return np.where(values.is_null().to_numpy(), NEVER, _scaled(values, column))
    digits = values.str.extract(r"([0-9]+)[^0-9]*$", 1)
    short = pl.DataFrame({"d": digits}).select(
        pl.when(pl.col("d").str.len_bytes() <= _ORDINAL_DIGITS).then(pl.col("d")).cast(pl.Int64).fill_null(NEVER)
    )
    return short.to_series().to_numpy()


def _reverse(rows: npt.NDArray[np.int64], height: int) -> npt.NDArray[np.int64]:
    where = np.full(height, -1, np.int64)
    where[rows] = np.arange(len(rows))
    return where
