"""What a part's events add to each tie of each account's turn: integers that may be added up in any order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from features.event import COLUMNS, NO_USE
from features.observe import Part
from features.tie_values import PASSING, TIE_KINDS, tie_hashes

SUMS = (
    "events", "requests", "tokens", "gpu_ms", "messages", "recipients", "fetches", "cost_micro_usd",
)  # fmt: skip
"""What a turn brought: events of use, requests served or refused, tokens in and out, GPU time in ms (a compute
sample's GPUs × interval), messages, their recipients, fetches, cost in millionths of a dollar; Int64."""

COUNTED = (
    "input_tokens", "output_tokens", "gpu_ms", "cost_usd", "gpus", "interval_s", "recipients",
)  # fmt: skip
"""The event columns that contributions are made of."""

WHOLE = len(TIE_KINDS)
"""The code of rows that hold a whole turn, whatever ties it shows."""

_NO_TIME = -1

KEY = ("account", "turn", "kind", "tie")

SCHEMA = pl.Schema({
    "account": pl.String(), "turn": pl.Int64(), "kind": pl.Int8(), "tie": pl.UInt64(),
    **dict.fromkeys((*SUMS, "active_at", "shown"), pl.Int64()),
})  # fmt: skip
"""Partials: kind is a place in TIE_KINDS or WHOLE (its tie 0); active_at: the newest request, message or fetch (ms),
−1 for none; shown: the offset of the last event that showed the tie."""


def partials(part: Part, key: str) -> pl.DataFrame:
    """The partials of a part's events, a row for each account, turn and tie, and one for each account and turn."""
    touched = part.touched["account"]
    rows = np.flatnonzero((touched.row_slot >= 0) & (part.events["type"] != NO_USE).to_numpy())
    if not len(rows):
        return pl.DataFrame(schema=SCHEMA)
    events = part.events[rows]
    known = _known(events, touched.row_turn[rows])
    whole = known.with_columns(kind=pl.lit(WHOLE, pl.Int8), tie=pl.lit(0, pl.UInt64))
    ties = tie_hashes(events, key)
    shown = [
        known.with_columns(kind=pl.lit(code, pl.Int8), tie=ties[kind]).filter(pl.col("tie").is_not_null())
        for code, kind in enumerate(TIE_KINDS) if ties[kind].null_count() < len(rows)
    ]  # fmt: skip
    return added([added([one]) for one in (whole, *shown)])


def added(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Partials added up."""
    together = pl.concat([one.select(SCHEMA.names()) for one in parts])
    return together.group_by(KEY).agg(pl.col(SUMS).sum(), pl.col("active_at", "shown").max())


def nothing() -> pl.DataFrame:
    """No partials."""
    return pl.DataFrame(schema=SCHEMA)


def passing() -> pl.Expr:
    """Which partials are of ties that only their own events count for."""
    return pl.col("kind").is_in([TIE_KINDS.index(kind) for kind in PASSING])


def _known(events: pl.DataFrame, turn: npt.NDArray[np.int64]) -> pl.DataFrame:
    """What each event adds, and whose it is."""
    of = pl.col("type")
    asks = of.is_in(["inference", "message", "fetch"])
    return events.select(
        account=pl.col("account_id"), turn=pl.Series(turn),
        events=pl.lit(1, pl.Int64), requests=(of == "inference").cast(pl.Int64),
        tokens=_scaled(events, "input_tokens") + _scaled(events, "output_tokens"),
        gpu_ms=_scaled(events, "gpu_ms") + _sampled_gpu_ms(events),
        messages=(of == "message").cast(pl.Int64), recipients=_scaled(events, "recipients"),
        fetches=(of == "fetch").cast(pl.Int64), cost_micro_usd=_scaled(events, "cost_usd"),
        active_at=pl.when(asks).then(pl.col("time")).otherwise(_NO_TIME), shown=pl.col("offset"),
    )  # fmt: skip


def _scaled(events: pl.DataFrame, name: str) -> pl.Expr:
    """A column in its declared scale; events of types that do not carry it add nothing."""
    if name not in events.columns:
        return pl.lit(0, pl.Int64)
    column = COLUMNS[name]
    carried = pl.col("type").is_in(column.types) & pl.col(name).is_not_null()
    return pl.when(carried).then((pl.col(name) * column.scale).round(0)).otherwise(0).cast(pl.Int64)


def _sampled_gpu_ms(events: pl.DataFrame) -> pl.Expr:
    """GPU time that a compute sample tells of, in ms; one that does not say how many GPUs is of one."""
    if "interval_s" not in events.columns:
        return pl.lit(0, pl.Int64)
    gpus = pl.col("gpus").fill_null(1) if "gpus" in events.columns else pl.lit(1)
    sampled = (pl.col("type") == "compute") & pl.col("interval_s").is_not_null()
    return pl.when(sampled).then((gpus * pl.col("interval_s") * 1000).round(0)).otherwise(0).cast(pl.Int64)
