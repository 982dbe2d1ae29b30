"""What accounts used: by the hour for baselines and account-days, by label for damage until an alert."""

from __future__ import annotations

import polars as pl

from features.event import EVENT_TYPES, NO_USE
from features.ticks import HOUR_MS

COLUMNS = ("gpu_ms", "gpus", "interval_s", "input_tokens", "output_tokens", "cost_usd", "recipients", "end_user_id")
"""Event columns read here, beside those that every decoded frame has."""

MEASURES = {"gpu_hours": "GPU-hours", "messages": "messages", "tokens": "tokens", "usd": "USD"}
"""What damage is counted in."""

KINDS = tuple(one for one in EVENT_TYPES if one not in (NO_USE, "heartbeat", "control"))
_MINUTE_MS = 60_000
_PARTS = 64


def hourly(events: pl.DataFrame) -> pl.DataFrame:
    """Events of each type, requests and GPU-hours by account_id and hour (since 1970)."""
    counts = [(pl.col("type") == kind).sum().cast(pl.Int64).alias(f"n_{kind}") for kind in KINDS]
    measured = events.drop_nulls("account_id").with_columns(_measures())
    return measured.group_by("account_id", hour=pl.col("time") // HOUR_MS).agg(*counts, pl.col("gpu_hours").sum())


def within(events: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """MEASURES used within guilty labels, by line and minute (since 1970).

    Where a label names a workload, key or end user, only what names the same one is the campaign's.
    """
    guilty = labels.filter(pl.col("clause").is_not_null())
    named = guilty.select("account_id", "line", "start", "end", *(pl.col(c).alias(f"of_{c}") for c in _CULPRITS))
    pairs = events.with_columns(_measures()).join(named, on="account_id", how="inner")
    theirs = pl.all_horizontal(
        pl.col(f"of_{c}").is_null() | (pl.col(f"of_{c}") == pl.col(c)).fill_null(False) for c in _CULPRITS
    )
    pairs = pairs.filter(theirs & pl.col("time").is_between(pl.col("start"), pl.col("end")))
    return pairs.group_by("line", minute=pl.col("time") // _MINUTE_MS).agg(pl.col(*MEASURES).sum())


_CULPRITS = ("workload_id", "api_key_id", "end_user_id")


def _measures() -> list[pl.Expr]:
    """A GPU that is held is used, whatever its load; a message without a number of recipients went to one."""
    held = pl.col("gpus") * pl.col("interval_s") / 3_600
    return [
        (pl.col("gpu_ms").fill_null(0) / HOUR_MS + held.fill_null(0)).alias("gpu_hours"),
        pl.when(pl.col("type") == "message").then(pl.col("recipients").fill_null(1)).otherwise(0).alias("messages"),
        (pl.col("input_tokens").fill_null(0) + pl.col("output_tokens").fill_null(0)).alias("tokens"),
        pl.col("cost_usd").fill_null(0.0).alias("usd"),
    ]


class Sums:
    """Partial sums by some keys, added up as they come: memory by the keys, not by the events."""

    def __init__(self, *keys: str) -> None:
        self._keys, self._parts = keys, list[pl.DataFrame]()

    def add(self, part: pl.DataFrame) -> None:
        """Take in partial sums."""
        self._parts.append(part)
        if len(self._parts) > _PARTS:
            self._parts = [self.frame]

    @property
    def frame(self) -> pl.DataFrame:
        """All sums so far, in the order of their keys; raises ValueError before the first part."""
        summed = pl.concat(self._parts).group_by(self._keys).agg(pl.all().sum())
        return summed.sort(self._keys)


def parted(used: pl.DataFrame, firsts: pl.DataFrame) -> pl.DataFrame:
    """By line: MEASURES until the first alert (`NAME_before`), and after it (`NAME_after`).

    used: as of `within`; firsts: line and time (ms) of the first alert, null where there is none: all is before. The
    minute of the alert counts as before it.
    """
    known = used.join(firsts, on="line", how="left")
    before = pl.col("time").is_null() | (pl.col("minute") <= pl.col("time") // _MINUTE_MS)
    return known.group_by("line").agg(
        *(pl.col(one).filter(before).sum().alias(f"{one}_before") for one in MEASURES),
        *(pl.col(one).filter(~before).sum().alias(f"{one}_after") for one in MEASURES),
    )
