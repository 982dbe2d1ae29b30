"""What is laid over the background: events of campaigns under their hosts' names, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

LABELLED = {"account_id": pl.String, "clause": pl.String, "name": pl.String, "workload_id": pl.String,
            "api_key_id": pl.String, "end_user_id": pl.String, "victim": pl.Boolean}  # fmt: skip
"""Clause null: laid over as a campaign is, and honest."""


@dataclass(frozen=True)
class Laid:
    """events: native ones, time in ms. truths: as LABELLED with start and end (ms), a row an account and clause.

    kind: how real it is, in words; homeless: accounts for which no host was left.
    """

    events: pl.DataFrame
    truths: pl.DataFrame
    kind: str
    homeless: int = 0


def together(parts: list[Laid]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All events and all truths; each name says how real it is."""
    events = pl.concat([one.events for one in parts], how="diagonal_relaxed")
    named = [one.truths.with_columns(name=pl.col("name") + f" ({one.kind})") for one in parts]
    return events, pl.concat(named, how="diagonal_relaxed")


def spans(events: pl.DataFrame) -> pl.DataFrame:
    """The first and the last event of each account: account_id, start, end (ms)."""
    return events.group_by("account_id").agg(start=pl.col("time").min(), end=pl.col("time").max()).sort("account_id")
