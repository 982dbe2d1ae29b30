"""Real honest accounts that something is laid over: each at most once, in an order that a hash gives."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import polars_hash  # noqa: F401  # brings .nchash


class Hosts:
    """The accounts of a background (events by plan). Those drawn are spent."""

    def __init__(self, background: Mapping[str, pl.DataFrame], seed: int) -> None:
        self._left = {plan: _drawn(events, seed) for plan, events in background.items()}
        self.spent = dict.fromkeys(background, 0)

    def take(self, plan: str, count: int) -> pl.DataFrame:
        """The next so many of a plan, or as many as are left: onto, plan, workload_id, since (its first event, ms)."""
        left = self._left.get(plan, _NOBODY)
        self._left[plan], taken = left[count:], left[:count]
        self.spent[plan] = self.spent.get(plan, 0) + taken.height
        return taken

    def left(self, plan: str) -> int:
        """How many of a plan are not spent."""
        return self._left.get(plan, _NOBODY).height


_SCHEMA = {"onto": pl.String, "plan": pl.String, "workload_id": pl.String, "since": pl.Int64}
_NOBODY = pl.DataFrame(schema=_SCHEMA)


def _drawn(events: pl.DataFrame, seed: int) -> pl.DataFrame:
    work = pl.col("workload_id").first() if "workload_id" in events.columns else pl.lit(None, pl.String)
    each = events.group_by(onto="account_id").agg(
        plan=pl.col("plan").first(), workload_id=work, since=pl.col("time").min()
    )
    lot = pl.concat_str(pl.lit(f"host {seed} "), "onto").nchash.xxhash64()  # type: ignore[attr-defined]
    return each.sort(lot, "onto").select(*_SCHEMA)
