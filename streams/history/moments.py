"""RFC 3339 texts ↔ milliseconds, where people or files give them."""

from __future__ import annotations

import polars as pl

from features.event import COLUMNS
from streams.ndjson import with_times

EXAMPLE = "2026-03-02T09:00:00Z"
"""What a time looks like, for messages."""


def moments(texts: pl.Series) -> pl.Series:
    """Texts as Int64 ms since 1970 UTC; null for what is no RFC 3339 time with an offset, 1970 to 2599."""
    ms = with_times(texts.alias("time").to_frame(), ["time"])["time"]
    return ms.to_frame().select(pl.when(pl.col("time").is_between(0, COLUMNS["time"].most)).then("time")).to_series()


def moment(text: str) -> int | None:
    """One text in ms, or None."""
    found: int | None = moments(pl.Series([text]))[0]
    return found
