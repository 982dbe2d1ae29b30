"""Rows to learn a model from, as service will score them: bounded, and the same however the events are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import polars_hash  # noqa: F401  # brings .nchash

from detectors.anomaly.testimony import whole
from features.arrivals import SEPARATOR
from features.due import Due
from features.ticks import DAY_MS

MOST_OF_ENTITY = 24
"""Rows of one entity to grow from: who is there around the clock teaches no more than who comes now and then."""

MOST_DAYS = 7
"""Days of one held-back entity, each kept whole: its highest score is what counts."""

MOST_OF_PLAN = 20_000
"""Rows of one plan to grow from: a tree sees 256."""

MOST_HELD_DAYS = 5_000
"""Held-back entity-days of one plan: p-values down to 1/5,000."""

HELD_SHARE = 0.3
"""Of the accounts, how many are held back to calibrate with."""

_LEAST = 50_000
_META = ("_entity", "_account", "_plan", "_day", "_order", "_held")


class Rows:
    """Evaluations of one entity kind; features: names of values.

    Which are kept hangs on a hash of the seed, the entity and the time: of all that is offered the least hashes stay.
    """

    def __init__(self, kind: str, features: Sequence[str], seed: int) -> None:
        self.kind, self.features, self._seed = kind, tuple(features), seed
        self._kept: list[pl.DataFrame] = []
        self._height, self._compacted = 0, 0

    def add(self, due: Due, first: int, windows: Mapping[str, int]) -> None:
        """Take in what service would score; first: when the events begin (ms), from which days are counted; windows: of
        the features that have one, ms by name.
        """
        if due.kind != self.kind or not due.fresh.any():
            return
        scored = due.fresh & whole(due, dict.fromkeys(windows, first), windows)
        values = due.values.select(pl.col(self.features).cast(pl.Float64))
        rows = values.with_columns(
            _entity=pl.Series(due.names, dtype=pl.String), _plan=pl.Series(due.plan, dtype=pl.String),
            _as_of=pl.Series(due.as_of), _scored=pl.Series(scored),
        ).filter("_scored")  # fmt: skip
        self._kept.append(self._marked(rows, first).select(*_META, *self.features))
        self._height += rows.height
        if self._height > max(_LEAST, 2 * self._compacted):  # so that each row is looked at a bounded number of times
            self._compact()

    def _marked(self, rows: pl.DataFrame, first: int) -> pl.DataFrame:
        account = pl.col("_entity").str.split(SEPARATOR).list.first()
        rows = rows.with_columns(_account=account, _day=(pl.col("_as_of") - first) // DAY_MS)
        held = self._hash("_account") < int(HELD_SHARE * 2**64)
        rows = rows.with_columns(_held=held)
        order = pl.when("_held").then(self._hash("_entity", "_day")).otherwise(self._hash("_entity", "_as_of"))
        return rows.with_columns(_order=order)

    def _hash(self, *names: str) -> pl.Expr:
        text = pl.concat_str(pl.lit(f"{self._seed}"), pl.lit(",".join(names)), *names, separator=SEPARATOR)
        hashed: pl.Expr = text.nchash.xxhash64()  # type: ignore[attr-defined]
        return hashed

    def _compact(self) -> None:
        rows = pl.concat(self._kept)
        grow, held = rows.filter(~pl.col("_held")), rows.filter("_held")
        grow = _least(_least(grow, "_entity", MOST_OF_ENTITY), "_plan", MOST_OF_PLAN)
        held = _least(_least(held, "_entity", MOST_DAYS), "_plan", MOST_HELD_DAYS)
        self._kept = [pl.concat([grow, held])]
        self._height = self._compacted = self._kept[0].height

    def frame(self, days: int) -> pl.DataFrame:
        """What was kept of whole days, of which there were so many; in a fixed order.

        The first day, in which windows still fill, is left out where there is another.
        """
        if not self._kept:
            self._kept = [pl.DataFrame(schema=self._schema())]
        self._compact()
        found = self._kept[0].filter(pl.col("_day").is_between(1 if days > 1 else 0, days, closed="left"))
        return found.sort("_order", "_entity", "_day", *self.features)

    def _schema(self) -> dict[str, type[pl.DataType]]:
        meta = dict(zip(_META, (pl.String, pl.String, pl.String, pl.Int64, pl.UInt64, pl.Boolean), strict=True))
        return {**meta, **dict.fromkeys(self.features, pl.Float64)}


def _least(rows: pl.DataFrame, of: str, most: int) -> pl.DataFrame:
    """Of each, the rows with so many of the least orders; rows of one held-back day share theirs."""
    return rows.filter(pl.col("_order").rank("dense").over(of) <= most)
