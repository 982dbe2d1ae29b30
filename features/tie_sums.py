"""What each event adds to the ties that it is done under, as integers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from features.event import COLUMNS, EVENT_TYPES
from features.ticks import Ints

SUMS = (
    "events", "requests", "tokens", "gpu_ms", "messages", "recipients", "fetches", "cost_micro_usd",
)  # fmt: skip
"""What a turn brought: events of use, requests served or refused, tokens in and out, GPU time in ms (a compute
sample's GPUs × interval), messages, their recipients, fetches, cost in millionths of a dollar; Int64."""

COUNTED = (
    "input_tokens", "output_tokens", "gpu_ms", "cost_usd", "gpus", "interval_s", "recipients",
)  # fmt: skip
"""The event columns that contributions are made of."""

NO_TIME = -1
"""Before every time that an event may have."""

_TYPES = pl.Enum(EVENT_TYPES)
_ASKED = ("inference", "message", "fetch")

Mask = npt.NDArray[np.bool_]


def added_by(events: pl.DataFrame) -> tuple[dict[str, Ints], Ints]:
    """SUMS by name, and the time (ms) of each event that asks for something, NO_TIME else; int64[n].

    A sum that no event adds to is left out.
    """
    present = [name for name in COUNTED if name in events.columns and events[name].null_count() < events.height]
    events = events.select(
        pl.col("type").cast(_TYPES).to_physical(), "time", pl.col("gpus" if "gpus" in present else []).fill_null(1),
        pl.col([name for name in present if name != "gpus"]).fill_null(0),
    )  # fmt: skip
    types = events["type"].to_numpy()
    asks = _of(types, _ASKED)
    found = {
        "events": np.ones(events.height, np.int64), "requests": _of(types, ("inference",)).astype(np.int64),
        "tokens": _scaled(events, types, "input_tokens") + _scaled(events, types, "output_tokens"),
        "gpu_ms": _scaled(events, types, "gpu_ms") + _sampled_gpu_ms(events, types),
        "messages": _of(types, ("message",)).astype(np.int64), "recipients": _scaled(events, types, "recipients"),
        "fetches": _of(types, ("fetch",)).astype(np.int64), "cost_micro_usd": _scaled(events, types, "cost_usd"),
    }  # fmt: skip
    times = np.where(asks, events["time"].to_numpy(), NO_TIME)
    return {name: values for name, values in found.items() if values.any()}, times


def _of(types: npt.NDArray[np.uint8], names: tuple[str, ...]) -> Mask:
    among = np.zeros(len(EVENT_TYPES), np.bool_)
    among[[EVENT_TYPES.index(name) for name in names]] = True
    found: Mask = among[types]
    return found


def _scaled(events: pl.DataFrame, types: npt.NDArray[np.uint8], name: str) -> Ints:
    """A column in its declared scale; events of types that do not carry it add nothing."""
    if name not in events.columns:
        return np.zeros(events.height, np.int64)
    values = events[name].to_numpy() * COLUMNS[name].scale
    return np.where(_of(types, COLUMNS[name].types), np.rint(values), 0).astype(np.int64)


def _sampled_gpu_ms(events: pl.DataFrame, types: npt.NDArray[np.uint8]) -> Ints:
    """GPU time that a compute sample tells of, in ms; one that does not say how many GPUs is of one."""
    if "interval_s" not in events.columns:
        return np.zeros(events.height, np.int64)
    gpus = events["gpus"].to_numpy() if "gpus" in events.columns else 1
    sampled = np.rint(gpus * events["interval_s"].to_numpy() * 1000)
    return np.where(_of(types, ("compute",)), sampled, 0).astype(np.int64)
