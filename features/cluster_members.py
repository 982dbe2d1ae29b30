"""The accounts of clusters that were seen last: what a case shows, kept within bounds."""

from __future__ import annotations

import polars as pl

from features.ticks import Ints

MOST = 50
"""Accounts kept of a cluster: as many as a person would look at."""

SCHEMA = pl.Schema({"slot": pl.Int32(), "account": pl.String(), "tick": pl.Int64(), "minute": pl.Int64()})
"""Members: an account was seen at a tick of its own time, in a minute of stream time, in the cluster at a slot; the
same one often, or no more.
"""


def newest(members: pl.DataFrame, most: int = MOST) -> pl.DataFrame:
    """The accounts of each slot that were seen last, once each, newest first, of several at a tick the least name.

    Whoever is left out has as many newer ones before it for good, so it is all one when this is done, and how often.
    """
    once = members.group_by("slot", "account").agg(pl.col("tick", "minute").max())
    order = once.sort("slot", "tick", "account", descending=[False, True, False])
    return order.filter(pl.int_range(pl.len()).over("slot") < most)


def without(members: pl.DataFrame, slots: Ints) -> pl.DataFrame:
    """The members of other slots than these."""
    return members.filter(~pl.col("slot").is_in(pl.Series(slots).cast(pl.Int32).implode()))
