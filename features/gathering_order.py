"""Which rows of a read are above all that their source sent before: by key for records, by stream time for markers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from features.ticks import segment_starts
from features.tie_values import TIE_KINDS
from features.ties import RECORD

KEY = ("trigger", "kind", "tie", "account")
"""What the records of a source rise by."""

NOTHING_SENT = -1
"""Before every stream time that a marker may have (a tick)."""

Key = tuple[int, str, int, str]


def new_marks(marks: pl.DataFrame, times: Mapping[int, int]) -> pl.DataFrame:
    """The markers, in the order read, above all before them of their source; times: the sources' before these."""
    return _rising(marks, pl.col("stream"), times)


def new_records(records: pl.DataFrame, lasts: Mapping[int, Key]) -> pl.DataFrame:
    """The records, in the order read, above all before them of their source; lasts: the keys of the sources' last."""
    return records if _all_above(records, lasts) else _above(records, lasts)


def _all_above(records: pl.DataFrame, lasts: Mapping[int, Key]) -> bool:
    """Whether none is repeated, as is the rule: told by comparing neighbours, without sorting keys."""
    keys = records.select("source", *KEY)
    if not keys["source"].is_sorted():
        keys = keys[np.argsort(keys["source"].to_numpy(), kind="stable")]
    starts = segment_starts(keys["source"].to_numpy())
    rises = _rises(keys)
    rises[starts] = True
    firsts = keys[starts].iter_rows()
    return bool(rises.all()) and all(
        number not in lasts or _rank(key) > _rank(lasts[number]) for number, *key in firsts
    )


def _rises(keys: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each key is above the one before it; bool[n], of no account for the first."""
    above, level = np.zeros(keys.height, np.bool_), np.arange(1, keys.height)
    for values in (keys["trigger"].to_numpy(), keys["kind"].to_physical().to_numpy(), keys["tie"].to_numpy()):
        here, before = values[level], values[level - 1]
        above[level] = here > before
        level = level[here == before]
    above[level] = (keys["account"][level] > keys["account"][level - 1]).to_numpy()
    return above


def _rank(key: tuple[int, str, int, str] | list[object]) -> tuple[object, ...]:
    trigger, kind, tie, account = key
    return trigger, TIE_KINDS.index(str(kind)), tie, account


def _above(records: pl.DataFrame, lasts: Mapping[int, Key]) -> pl.DataFrame:
    """The same of records some of which are not."""
    kept = [(number, *key) for number, key in lasts.items()]
    told = pl.DataFrame(kept, schema={name: RECORD[name] for name in ("source", *KEY)}, orient="row")
    ranks = pl.concat([records.select(KEY), told.select(KEY)]).unique().sort(KEY).with_row_index("rank")
    ranks = ranks.with_columns(pl.col("rank").cast(pl.Int64))
    last_ranks = told.join(ranks, on=KEY).select("source", "rank")
    ranked = records.join(ranks, on=KEY, how="left", maintain_order="left")
    return _rising(ranked, pl.col("rank"), dict(last_ranks.iter_rows())).drop("rank")


def _rising(rows: pl.DataFrame, value: pl.Expr, lasts: Mapping[int, int]) -> pl.DataFrame:
    """Rows, in the order read, whose value is above the last of their source and all before them."""
    if not rows.height:
        return rows
    last = pl.col("source").replace_strict(
        dict(lasts) or {NOTHING_SENT: 0}, default=NOTHING_SENT, return_dtype=pl.Int64
    )
    before = value.cum_max().shift(1).over("source")
    return rows.filter(value > pl.max_horizontal(before, last))
