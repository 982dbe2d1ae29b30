"""Which accounts, keys or workloads have events that a condition is true of."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from features.catalog import event_dtypes
from features.event import COLUMNS, ENTITY_COLUMNS
from features.listing import Listing
from features.sql import Sql, compile_condition

EXAMPLES = 3
"""Event ids told of each entity: the first ones."""

_LEAST = 50_000
_SINGLE = (
    pl.lit(1, pl.Int64).alias("events"), pl.col("time").alias("first"), pl.col("time").alias("last"),
    pl.concat_list("id").alias("examples"),
)  # fmt: skip


def condition(text: str, lists: Mapping[str, Listing] | None = None) -> Sql:
    """A condition on one event, which may name lists, checked. Raises SqlProblem."""
    return compile_condition(text, event_dtypes(), lists)


class Hunt:
    """Counts matching events by entity; memory by the entities that match.

    kind: account, key or workload; since, until: times of events in ms, the end left out.
    nameless: matching events that name no such entity.
    """

    def __init__(self, wanted: Sql, kind: str, since: int | None = None, until: int | None = None) -> None:
        self._entity = list(dict.fromkeys(("account_id", ENTITY_COLUMNS[kind])))
        self._matches = wanted.expr & _within(since, until)
        self._carried = [_carried(name) for name in wanted.names if COLUMNS[name].types]
        self.columns = tuple(dict.fromkeys((*wanted.names, *self._entity)))
        self.events = self.nameless = 0
        self._parts: list[pl.DataFrame] = []
        self._whole = 0

    def add(self, events: pl.DataFrame) -> None:
        """Take in events (with `columns` and those always there)."""
        found = events.with_columns(self._carried).filter(self._matches)
        self.events += found.height
        named = found.drop_nulls(self._entity)
        self.nameless += found.height - named.height
        if named.height:
            self._parts.append(_joined(named.select(*self._entity, *_SINGLE), self._entity))
        if sum(part.height for part in self._parts) > max(_LEAST, 2 * self._whole):
            self._join()

    def _join(self) -> None:
        if len(self._parts) > 1:
            self._parts = [_joined(pl.concat(self._parts), self._entity)]
        self._whole = self._parts[0].height if self._parts else 0

    def found(self) -> pl.DataFrame:
        """Entities by matching events, most first: ids, events: Int64, first, last: ms, examples: up to three ids."""
        self._join()
        if not self._parts:
            dtypes = {**dict.fromkeys(self._entity, pl.String()), "events": pl.Int64(), "first": pl.Int64(),
                      "last": pl.Int64(), "examples": pl.List(pl.String())}  # fmt: skip
            return pl.DataFrame(schema=dtypes)
        descending = [True] + [False] * len(self._entity)
        return self._parts[0].sort("events", *self._entity, descending=descending)


def _within(since: int | None, until: int | None) -> pl.Expr:
    time = pl.col("time")
    after = pl.lit(True) if since is None else time >= since
    return after if until is None else after & (time < until)


def _carried(name: str) -> pl.Expr:
    """A column where the event's type carries it: elsewhere a frame may hold anything."""
    return pl.when(pl.col("type").is_in(COLUMNS[name].types)).then(pl.col(name)).alias(name)


def _joined(parts: pl.DataFrame, entity: list[str]) -> pl.DataFrame:
    return parts.group_by(entity, maintain_order=True).agg(
        pl.col("events").sum(),
        pl.col("first").min(),
        pl.col("last").max(),
        pl.col("examples").list.explode(keep_nulls=False, empty_as_null=False).head(EXAMPLES),
    )
