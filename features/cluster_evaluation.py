"""Evaluations of clusters: what is told of each minute's ties, and which of them are too common to say anything."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from features.cluster_minutes import Minutes
from features.cluster_values import schema
from features.gathering import MINUTE_TICKS
from features.ticks import Ints
from features.tie_values import TIE_KINDS

COMMON_SHARE = 0.25
"""A tie that more than a quarter of all active accounts have in common says nothing of any of them."""

COMMON_OLD = 200
"""Nor does one of more than 200 old accounts: a network, a tunnel, a company card. To hide so, a farm would need as
many accounts that were kept for 90 days."""


EVALUATION = pl.Schema({
    "stream": pl.Int64(), "kind": pl.Enum(TIE_KINDS), "tie": pl.UInt64(), "name": pl.String(), "slot": pl.Int64(),
    "trigger": pl.Int64(), "evaluated": pl.Int64(), "as_of": pl.Int64(), "first_seen": pl.Int64(),
    "common": pl.Boolean(), "accounts": pl.Int64(), **schema(),
})  # fmt: skip
"""An evaluation of a cluster: the last tick of a minute of stream time, its tie, its name (`kind:tie`) and slot in the
book; trigger: the offset at which its minute was let on; evaluated: the how-manieth since it took its slot; as_of and
first_seen (ms, NEVER as nothing is known); whether it is common, its accounts within 24 hours, and its values (see
features/cluster_values.py), all null where it is common."""


def evaluations(records: Minutes, rows: Ints, found: dict[str, npt.NDArray[np.generic]], **told: Ints) -> pl.DataFrame:
    """The evaluations (EVALUATION) of the minutes and ties of some records.

    rows: int64[n]; found: their values; told: slot, evaluated, as_of and first_seen, int64[n] each.
    """
    common = _common(found, records.active[rows])
    own = records.records.select("kind", "tie", trigger="let_on")[rows]
    minutes = {"stream": (records.minute[rows] + 1) * MINUTE_TICKS - 1, "accounts": found["accounts_24h"]}
    said = pl.DataFrame(found, nan_to_null=True)
    if common.any():
        said = said.select(pl.when(~pl.Series(common)).then(pl.all()))
    beside = pl.DataFrame({**minutes, **told, "common": common})
    return pl.concat([own, beside, said], how="horizontal").select(
        pl.format("{}:{}", "kind", "tie").alias(name) if name == "name" else name for name in EVALUATION.names()
    )


def _common(found: dict[str, npt.NDArray[np.generic]], active: Ints) -> npt.NDArray[np.bool_]:
    """Which ties too many have in common; active: accounts in use as of each."""
    shared: npt.NDArray[np.bool_] = (found["accounts_24h"] > COMMON_SHARE * active) & (active > 0)  # type: ignore[operator]
    return shared | (found["old_24h"] > COMMON_OLD)  # type: ignore[operator,no-any-return]
