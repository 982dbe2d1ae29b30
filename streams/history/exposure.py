"""Account-days: how long honest accounts were watched, and which accounts there were."""

from __future__ import annotations

import polars as pl

from features.ticks import DAY_MS
from streams.history.seen import Seen


class Exposure:
    """Counts the days of honest accounts in a stream of events.

    An account-day is 24 h, counted from the start of the account's label, in which it had an event; what lies
    outside the label's span counts nothing.
    """

    def __init__(self, labels: pl.DataFrame) -> None:
        self._labels = labels
        self._spans = labels.filter(pl.col("clause").is_null()).select("account_id", "start", "end", "line")
        self._days, self._accounts = Seen(), Seen()

    def add(self, events: pl.DataFrame) -> None:
        """Take in events (account_id: String, time: Int64 ms)."""
        named = events.select("account_id", "time").drop_nulls("account_id")
        self._accounts.add(named.select("account_id"))
        spent = named.join(self._spans, on="account_id", how="inner")
        spent = spent.filter(pl.col("time").is_between(pl.col("start"), pl.col("end")))
        self._days.add(spent.select("line", day=(pl.col("time") - pl.col("start")) // DAY_MS))

    @property
    def days(self) -> int:
        """Account-days so far."""
        rows = self._days.rows
        return 0 if rows is None else rows.height

    @property
    def accounts(self) -> pl.Series:
        """Every account with an event, once; String."""
        rows = self._accounts.rows
        return pl.Series("account_id", [], pl.String) if rows is None else rows["account_id"]

    @property
    def unlabelled(self) -> int:
        """Accounts with an event and no label: nobody knows what they are."""
        return int((~self.accounts.is_in(self._labels["account_id"].unique().implode())).sum())

    @property
    def absent(self) -> pl.DataFrame:
        """Labels of accounts that no event names."""
        return self._labels.filter(~pl.col("account_id").is_in(self.accounts.implode()))
