"""Decoded events → native JSON: read again by the native codec, it gives the same frame."""

from __future__ import annotations

import polars as pl

from features.event import COLUMNS, Column

# A quote after a comma either opens a key or closes a text, and then no letter follows: texts are never cut.
_ABSENT = r',"[a-z0-9_]+":null'


def native_json(frame: pl.DataFrame) -> pl.Series:
    """One JSON object an event, as texts without a newline; what is null, or not of the event's type, is left out."""
    if not frame.height:
        return pl.Series("json", [], pl.String)
    there = [column for name, column in COLUMNS.items() if frame[name].null_count() < frame.height]
    columns = [_written(column) for column in there]
    whole = frame.select(columns).select(pl.struct(pl.all()).struct.json_encode().alias("json"))
    return whole.to_series().str.replace_all(_ABSENT, "")


def _written(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    if column.types:
        value = pl.when(pl.col("type").is_in(column.types)).then(value)
    if column.kind == "time":
        value = value.cast(pl.Datetime("ms")).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return value.alias(column.name)
