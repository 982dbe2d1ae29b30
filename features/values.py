"""Panes read as features: sums become means, shares, deviations, rates and bounds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from features import distinct
from features.book import Book, since
from features.catalog import Catalog, Feature, Primitive, Value, primitives
from features.event import COLUMNS
from features.measure import LIMB_BITS
from features.panes import NEVER
from features.raw import Raw
from features.ticks import Ints, Window

Floats = npt.NDArray[np.float64]

WILSON_Z = 1.96

_BITS = {"distinct": distinct.estimate, "hours": distinct.exact}


class Formulas:
    """How the values of one entity kind are computed from its raw integers."""

    def __init__(self, catalog: Catalog, kind: str, book: Book) -> None:
        self._values = catalog.plain(kind)
        self._features = {f.name: f for f in catalog.of_kind(kind)}
        self._places, self._compared = _places(book), _compared(book)
        self._last_places = {
            p: (index, column)
            for index, block in enumerate(book.blocks)
            for column, p in enumerate(block.layout.lasts)
        }  # fmt: skip

        self._blocks = {name: self._blocks_of(value) for name, value in self._values.items()}
        self._nothing = self._nothings(book)

    def frame(self, raw: Raw, names: Iterable[str] | None = None) -> pl.DataFrame:
        """A row per entity, a column per value (or those named); Int64 or Float64, null where nothing is to say."""
        chosen, present = list(self._values if names is None else names), raw.blocks
        told = [name for name in chosen if not self._blocks[name] or self._blocks[name] & present]
        found = self._computed(raw, told)
        return found.with_columns(self._nothing[name] for name in chosen if name not in found.columns).drop("")

    def _computed(self, raw: Raw, names: Iterable[str]) -> pl.DataFrame:
        columns: dict[str, Ints | Floats] = {"": raw.slot}  # it holds the height where there is no value
        maxima, floats = [], []
        for value in (self._values[name] for name in names):
            if value.feature.aggregate == "max" and value.dtype == pl.Int64:
                maxima.append(value.name)
            elif value.dtype == pl.Int64:
                columns[value.name] = self._of(value.feature, value.window, raw)
                continue
            floats.append(value.name)
            columns[value.name] = _finite(self._float(value, raw))
        frame = pl.DataFrame(columns)
        return frame.with_columns(pl.col(floats).fill_nan(None)).with_columns(pl.col(maxima).cast(pl.Int64))

    def _nothings(self, book: Book) -> dict[str, pl.Expr]:
        """What is said of an entity that has none of the blocks behind a value."""
        one = np.zeros(1, np.int64)
        raw = Raw(one, one, one, one, one.astype(np.int16), one, one.astype(np.int16))
        raw.lasts = {index: np.full((1, len(block.layout.lasts)), NEVER) for index, block in enumerate(book.blocks)}
        frame = self._computed(raw, self._values)
        return {name: pl.lit(frame[name].item(), self._values[name].dtype).alias(name) for name in self._values}

    def _blocks_of(self, value: Value) -> set[int]:
        """The blocks that a value is computed from; none for an age."""
        names = [name for name in (value.feature.name, value.feature.of, value.feature.over) if name]
        needed = {p for name in names for p in primitives(self._features[name])}
        of_rings = {place[0] for (primitive, _), place in self._places.items() if primitive in needed}
        return of_rings | {place[0] for primitive, place in self._last_places.items() if primitive in needed}

    def _float(self, value: Value, raw: Raw) -> Floats:
        feature, window = value.feature, value.window
        if feature.aggregate == "first_seen":
            return since(raw.first_seen, raw.as_of)
        if feature.aggregate == "last_seen":
            return since(self._last(feature, raw), raw.as_of)
        assert window is not None
        match feature.aggregate:
            case "sum":
                return self._of(feature, window, raw) / _scale(feature)
            case "max":
                lifted = self._of(feature, window, raw)
                return np.where(lifted > 0, (lifted + _unlifted(feature)) / _scale(feature), np.nan)
            case "mean":
                return _over(self._part(feature, "sum", window, raw), self._part(feature, "count", window, raw)) / (
                    _scale(feature))  # fmt: skip
            case "deviation":
                return self._deviation(feature, window, raw, ("count", "sum", "high", "low")) / _scale(feature)
            case "spacing":
                return self._spacing(value, feature, window, raw)
            case "novel":
                return self._novel(feature, window, raw)
            case "ascending":
                parts = [self._part(feature, part, window, raw) for part in ("ascending", "eligible")]
                return _over(parts[0], parts[1])
            case _:
                return self._derived(feature, window, raw)

    def _derived(self, feature: Feature, window: Window, raw: Raw) -> Floats:
        of = self._natural(str(feature.of), window, raw)
        if feature.aggregate == "rate":
            return of * feature.per_ms / window.span_ms(raw.as_of)
        over = self._natural(str(feature.over), window, raw)
        return wilson(of, over) if feature.aggregate == "bound" else _over(of, over)

    def _natural(self, name: str, window: Window, raw: Raw) -> Floats:
        feature = self._features[name]
        found = self._of(feature, window, raw)
        if feature.aggregate == "max":
            return np.where(found > 0, (found + _unlifted(feature)) / _scale(feature), np.nan)
        return found / (_scale(feature) if feature.aggregate == "sum" else 1)

    def _of(self, feature: Feature, window: Window | None, raw: Raw) -> Ints:
        part = "hours" if feature.aggregate == "active_hours" else feature.aggregate
        return self._part(feature, part, window, raw)

    def _novel(self, feature: Feature, window: Window, raw: Raw) -> Floats:
        """Values of the last one or two panes that the older ones lack, NaN where those hold nothing to compare."""
        primitive = Primitive("distinct", feature.selection)
        block, ring, column = self._places[primitive, window.name]
        reading = raw.readings.get((block, ring))
        if reading is None:
            return np.full(len(raw.slot), np.nan)
        before = reading.before[:, self._compared[primitive, window.name]]
        new = distinct.estimate(reading.bitmaps[:, column] & ~before)
        return np.where(before.any(axis=-1), new, np.nan)

    def _part(self, feature: Feature, part: str, window: Window | None, raw: Raw) -> Ints:
        assert window is not None
        primitive = Primitive(part, feature.selection)  # type: ignore[arg-type]
        block, ring, column = self._places[primitive, window.name]
        reading = raw.readings.get((block, ring))
        if reading is None:
            return np.zeros(len(raw.slot), np.int64)
        if part in ("distinct", "hours"):
            return _BITS[part](reading.bitmaps[:, column])
        return (reading.maxima if part == "max" else reading.sums)[:, column]

    def _last(self, feature: Feature, raw: Raw) -> Ints:
        block, column = self._last_places[Primitive("last", feature.selection)]
        return raw.lasts[block][:, column]

    def _deviation(self, feature: Feature, window: Window, raw: Raw, parts: tuple[str, ...]) -> Floats:
        n, total, high, low = (self._part(feature, part, window, raw) for part in parts)
        square = _over(high * float(1 << LIMB_BITS) + low, n)
        found = np.sqrt(np.maximum(square - _over(total, n) ** 2, 0))
        return np.where(n >= 2, found, np.nan)

    def _spacing(self, value: Value, feature: Feature, window: Window, raw: Raw) -> Floats:
        parts = ("gaps", "gap", "gap_high", "gap_low")
        mean = _over(self._part(feature, "gap", window, raw), self._part(feature, "gaps", window, raw))
        if value.facet == "mean":
            return mean / 1000
        return _over(self._deviation(feature, window, raw, parts), mean)


def _places(book: Book) -> dict[tuple[Primitive, str], tuple[int, int, int]]:
    """Block, ring and column of each primitive in each window."""
    return {
        (primitive, ring.layout.window.name): (index, number, column)
        for index, block in enumerate(book.blocks)
        for number, ring in enumerate(block.rings)
        for group in (ring.layout.sums, ring.layout.maxima, ring.layout.bitmaps)
        for column, primitive in enumerate(group)
    }


def _compared(book: Book) -> dict[tuple[Primitive, str], int]:
    """The column of each primitive among those whose older panes are read apart."""
    return {
        (primitive, ring.layout.window.name): column
        for block in book.blocks for ring in block.rings for column, primitive in enumerate(ring.layout.compared)
    }  # fmt: skip


def wilson(successes: Floats, trials: Floats) -> Floats:
    """Lower bound of a share, 95 % two-sided (Wilson 1927); NaN where there are no trials."""
    n = np.where(trials > 0, trials, np.nan)
    share, z2 = np.minimum(successes, n) / n, WILSON_Z**2
    middle = share + z2 / (2 * n)
    margin = WILSON_Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return np.maximum((middle - margin) / (1 + z2 / n), 0)


def _over(numerator: npt.NDArray[np.generic], denominator: npt.NDArray[np.generic]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.true_divide(numerator, denominator)
    return np.where(denominator == 0, np.nan, found)


def _finite(values: Floats) -> Floats:
    # Infinity is above every threshold: it must not reach a rule.
    return np.where(np.isfinite(values), values, np.nan)


def _scale(feature: Feature) -> float:
    return COLUMNS[str(feature.column)].scale


def _unlifted(feature: Feature) -> int:
    column = COLUMNS[str(feature.column)]
    return round(column.least * column.scale) - 1
