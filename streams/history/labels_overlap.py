"""Labels that say two things of one account and time."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from streams.dead_letters import clipped

_SHOWN = 80


def overlaps(labels: pl.DataFrame) -> Iterator[tuple[int, str, str]]:
    """Line, message and hint for labels that say two things of one time.

    Those of one account, clause and workload must not overlap; nor may an account be honest and not, at once.
    """
    yield from _crossing(labels)
    whole = labels.filter(pl.col("workload_id").is_null())
    honest, guilty = whole.filter(pl.col("clause").is_null()), whole.drop_nulls("clause")
    for account, first, second in _met(honest, guilty, ["account_id"]).select("account_id", *_LINES).iter_rows():
        yield (
            second,
            f"{clipped(account, _SHOWN)} is honest and not at the same time: see line {first}",
            "part the two spans",
        )


def _crossing(labels: pl.DataFrame) -> Iterator[tuple[int, str, str]]:
    same = ["account_id", "clause", "workload_id"]
    ordered = labels.sort("start", "line")
    before = pl.col("end").cum_max().shift(1).over(same)
    late = ordered.filter((pl.col("start") < before) | ~pl.struct(*same, "start").is_first_distinct())
    met = _met(late, labels, same).unique("line", keep="first", maintain_order=True)
    for account, clause, first, second in met.select("account_id", "clause", *_LINES).iter_rows():
        what = f"{clipped(account, _SHOWN)} with clause {clause}" if clause else f"{clipped(account, _SHOWN)}, honest"
        yield second, f"its span overlaps that of line {first}: {what}", "join the two lines into one"


_LINES = (
    pl.min_horizontal("line", "line_other").alias("first"),
    pl.max_horizontal("line", "line_other").alias("second"),
)


def _met(some: pl.DataFrame, others: pl.DataFrame, same: list[str]) -> pl.DataFrame:
    """Pairs of labels whose spans share more than an end."""
    pairs = some.join(others, on=same, how="inner", suffix="_other", nulls_equal=True)
    crossing = (pl.col("start") < pl.col("end_other")) & (pl.col("start_other") < pl.col("end"))
    meets = crossing | (pl.col("start") == pl.col("start_other"))
    return pairs.filter(meets & (pl.col("line") != pl.col("line_other"))).sort("line", "line_other")
