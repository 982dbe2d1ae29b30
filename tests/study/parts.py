"""How the study divides what it has: by entity, by a hash of its id, and by time; never by what anybody did."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import polars_hash  # noqa: F401  # brings .nchash

from features.ticks import DAY_MS

START = 1_772_409_600_000
"""2026-03-02T00:00:00Z: where every part begins, whatever year its trace is from; ms."""

LONG_ENOUGH = 2 * DAY_MS
"""A trace is divided by time only where each half holds the day that daily windows look back, ms."""


@dataclass(frozen=True)
class Part:
    """A share of the entities (those whose hashes are `of` under `mask`) and of the time (0–1)."""

    name: str
    mask: int
    of: int
    begin: float
    end: float


FIRST, TEST = Part("first part", 1, 0, 0.0, 0.5), Part("test part", 1, 1, 0.5, 1.0)
"""What models and thresholds come from, and what is judged, once."""

DEVELOPED = Part("first part of the first", 3, 0, 0.0, 0.25), Part("second part of the first", 3, 2, 0.25, 0.5)
"""The first part divided again: all that may be looked at while the study is written."""


def entities_of(part: Part, name: str) -> pl.Expr:
    """Whether the entity of a column is of the part."""
    hashed: pl.Expr = pl.concat_str(pl.lit("study "), pl.col(name)).nchash.xxhash64()  # type: ignore[attr-defined]
    return hashed % (part.mask + 1) == part.of


def timed(events: pl.DataFrame) -> bool:
    """Whether events (`time`: ms) last long enough to be divided by time."""
    low, high = _span(events)
    return high - low >= LONG_ENOUGH


def part_of(events: pl.DataFrame, part: Part) -> pl.DataFrame:
    """Events of the part's entities and time, at the same hours of days that begin at START."""
    low, high = _span(events)
    begin, end = low, high + 1
    if timed(events):
        begin, end = (int(low + (high + 1 - low) * share) for share in (part.begin, part.end))
    kept = events.filter(entities_of(part, "account_id") & pl.col("time").is_between(begin, end, closed="left"))
    return kept.with_columns(time=pl.col("time") - begin // DAY_MS * DAY_MS + START)


def _span(events: pl.DataFrame) -> tuple[int, int]:
    low, high = events.select(pl.col("time").min().alias("low"), pl.col("time").max().alias("high")).row(0)
    return low, high
