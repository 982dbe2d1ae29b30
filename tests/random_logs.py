"""Random logs for the engine and its naive twin: a catalogue of every aggregate, events, stamps and cuts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import strategies as st
from oracle import Declared

from features.catalog import Catalog
from features.declared import build
from features.event import COLUMNS
from features.observe import Observer
from features.state import State

START = 1_772_409_600_000 - 25_000
"""A little before a whole hour and day, so that short logs cross them; ms."""

HASH_KEY = "twin"

EVENT_COLUMNS = (
    "account_id", "api_key_id", "workload_id", "end_user_id", "plan", "denied_by_us",
    "account_created_at", "key_created_at", "status", "output_tokens",
    "duration_ms", "path", "phase", "gpu_util", "credit_balance_usd", "template_fingerprint",
)  # fmt: skip

_KINDS = ["account", "key", "workload"]
_REQUEST = {"event": ["inference", "fetch"], "signal": "output"}

DECLARED: list[dict[str, Any]] = [
    {"name": "requests", "entity": _KINDS, "aggregate": "count", "windows": ["1m", "10m", "1h", "24h"], **_REQUEST},
    {"name": "failed", "entity": _KINDS, "aggregate": "count", "where": "status >= 400",
     "windows": ["1m", "1h", "24h"], **_REQUEST},
    {"name": "tokens", "entity": _KINDS, "aggregate": "sum", "column": "output_tokens", "event": "inference",
     "windows": ["1m", "7d"], "signal": "output"},
    {"name": "busy", "entity": _KINDS, "aggregate": "sum", "column": "gpu_util", "event": "compute",
     "windows": ["10m"], "signal": "telemetry"},
    {"name": "longest", "entity": _KINDS, "aggregate": "max", "column": "output_tokens", "event": "inference",
     "windows": ["10m", "6h"], "signal": "output"},
    {"name": "standings", "entity": "account", "aggregate": "count", "event": "standing",
     "windows": ["1h"], "signal": "identity"},
    {"name": "balance", "entity": "account", "aggregate": "max", "column": "credit_balance_usd", "event": "billing",
     "windows": ["1h"], "signal": "identity"},
    {"name": "mean_tokens", "entity": _KINDS, "aggregate": "mean", "column": "output_tokens", "event": "inference",
     "windows": ["1m", "1h"], "signal": "output"},
    {"name": "util_spread", "entity": _KINDS, "aggregate": "deviation", "column": "gpu_util", "event": "compute",
     "windows": ["10m"], "signal": "telemetry"},
    {"name": "token_spread", "entity": _KINDS, "aggregate": "deviation", "column": "output_tokens",
     "event": "inference", "windows": ["1h"], "signal": "output"},
    {"name": "paths", "entity": _KINDS, "aggregate": "distinct", "column": "path", "event": "fetch",
     "windows": ["1m", "1h"], "signal": "output"},
    {"name": "codes", "entity": _KINDS, "aggregate": "distinct", "column": "status", **_REQUEST, "windows": ["24h"]},
    {"name": "new_paths", "entity": _KINDS, "aggregate": "novel", "column": "path", "event": "fetch",
     "windows": ["24h", "7d"], "signal": "output"},
    {"name": "awake", "entity": _KINDS, "aggregate": "active_hours", **_REQUEST, "windows": ["24h", "7d"]},
    {"name": "asks", "entity": "end_user", "aggregate": "count", **_REQUEST, "where": "status >= 400",
     "windows": ["1h", "24h"]},
    {"name": "request_rate", "entity": _KINDS, "aggregate": "rate", "of": "requests", "windows": ["1m", "1h"],
     "signal": "output"},
    {"name": "failed_share", "entity": _KINDS, "aggregate": "share", "of": "failed", "over": "requests",
     "windows": ["1m", "24h"], "signal": "output"},
    {"name": "tokens_each", "entity": _KINDS, "aggregate": "ratio", "of": "tokens", "over": "requests",
     "windows": ["1m"], "signal": "output"},
    {"name": "failed_bound", "entity": _KINDS, "aggregate": "bound", "of": "failed", "over": "requests",
     "windows": ["1h"], "signal": "output"},
    {"name": "gap", "entity": _KINDS, "aggregate": "spacing", **_REQUEST, "windows": ["1m", "1h", "24h"]},
    {"name": "climb", "entity": _KINDS, "aggregate": "ascending", "column": "path", "event": "fetch",
     "windows": ["1m", "1h"], "signal": "output"},
    {"name": "token_climb", "entity": "account", "aggregate": "ascending", "column": "output_tokens",
     "event": "inference", "windows": ["1h"], "signal": "output"},
    {"name": "age", "entity": _KINDS, "aggregate": "first_seen", "signal": "identity"},
    {"name": "since_failure", "entity": _KINDS, "aggregate": "last_seen", "where": "status >= 400", **_REQUEST},
]  # fmt: skip

_PREDICATES = {"status >= 400": lambda event: None if event.get("status") is None else event["status"] >= 400}


def catalog(features: list[dict[str, Any]] = DECLARED) -> Catalog:
    """The engine's catalogue."""
    return build(features)


def declared(features: list[dict[str, Any]] = DECLARED) -> list[Declared]:
    """The same features as the twin takes them."""
    return [
        Declared(
            one["name"], kind, one["aggregate"], tuple(one.get("windows", ())), _tuple(one.get("event")),
            _PREDICATES.get(one.get("where", "")), one.get("column"), one.get("of"), one.get("over"),
        )
        for one in features for kind in _tuple(one["entity"])
    ]  # fmt: skip


def _tuple(value: Any) -> tuple[str, ...]:
    return () if value is None else tuple(value) if isinstance(value, list) else (value,)


@dataclass(frozen=True)
class Record:
    """One accepted record."""

    stamp: int
    event: dict[str, Any]


_STEPS = st.sampled_from([0, 0, 1, 900, 4_000, 9_999, 10_000, 21_000, 61_000, 600_000, 3_600_000, 4 * 3_600_000])
_JUMPS = st.sampled_from([0] * 40 + [86_400_000, 8 * 86_400_000])
_SHIFTS = st.sampled_from([0] * 6 + [-1, 400, 9_000, 59_000, -7_000, -12_000, -30_000, -125_000, -4_000_000,
                                     -90_000_000, -8 * 86_400_000, -400 * 86_400_000, 3_500_000])  # fmt: skip


@st.composite
def events(draw: st.DrawFn, time: int) -> dict[str, Any]:
    """One event at a time, with whatever its type may carry."""
    kind = draw(
        st.sampled_from(
            ["inference", "inference", "fetch", "fetch", "compute", "signup", "billing", "standing", "heartbeat"]
        )
    )
    if kind == "heartbeat":
        return {"type": kind, "time": time}
    event: dict[str, Any] = {"type": kind, "time": time, "account_id": draw(st.sampled_from(["a", "b", "c"]))}
    optional: dict[str, Any] = {
        "api_key_id": st.sampled_from(["k1", "k2"]), "workload_id": st.sampled_from(["w1", "w2"]),
        "plan": st.sampled_from(["trial", "pro"]), "denied_by_us": st.sampled_from([False, False, False, True]),
    }  # fmt: skip
    optional["end_user_id"] = st.sampled_from(["u1", "u2"])
    if draw(st.integers(0, 9)) == 0:
        optional |= {name: st.integers(START - 10**9, START) for name in ("account_created_at", "key_created_at")}
    if kind in ("inference", "fetch"):
        optional["status"] = st.sampled_from([200, 200, 404, 500])
    own: dict[str, dict[str, Any]] = {
        "inference": {"output_tokens": st.integers(0, 100_000_000) | st.integers(0, 9)},
        "fetch": {"path": st.sampled_from(["/", "/i/1", "/i/2", "/i/3", "/i/4", "/i/9", "/x/123456789012345678"])},
        "compute": {"gpu_util": st.floats(0, 1) | st.sampled_from([0.9, 0.973])},
        "standing": {"phase": st.sampled_from(["suspended", "lifted"])},
        "billing": {"credit_balance_usd": st.floats(-1000, 1000)},
    }
    for name, values in (optional | own.get(kind, {})).items():
        if draw(st.integers(0, 3)):
            event[name] = draw(values)
    return event


@st.composite
def logs(draw: st.DrawFn, most: int = 60) -> list[Record]:
    """A log: mostly in order, with bursts, late events, backlogs, idle spells and wrong times."""
    now, found = START, []
    for _ in range(draw(st.integers(1, most))):
        now += draw(_STEPS) + draw(_JUMPS)
        found.append(Record(now + draw(st.sampled_from([0, 0, 0, -15_000])), draw(events(now + draw(_SHIFTS)))))
    return found


def frame(records: list[Record], first: int = 0) -> pl.DataFrame:
    """Records as a chunk."""
    columns: dict[str, pl.Series] = {
        "offset": pl.Series(range(first, first + len(records)), dtype=pl.Int64),
        "stamp": pl.Series([r.stamp for r in records], dtype=pl.Int64),
    }
    for name in ("type", "time", *EVENT_COLUMNS):
        columns[name] = pl.Series([r.event.get(name) for r in records], dtype=COLUMNS[name].dtype)
    return pl.DataFrame(columns)


def observer(**options: Any) -> Observer:
    """The engine over the catalogue of every aggregate."""
    return Observer(catalog(), HASH_KEY, **options)


@dataclass(frozen=True)
class Seen:
    """One evaluation, as the engine and its twin both give it."""

    trigger: int
    tick: int
    kind: str
    entity: str
    as_of: int
    plan: str | None
    values: dict[str, Any]


def run(engine: Observer, state: State, records: list[Record], cuts: list[int]) -> list[Seen]:
    """The engine's evaluations over a log cut into chunks."""
    found: list[Seen] = []
    bounds = sorted({0, len(records), *[cut for cut in cuts if cut < len(records)]})
    for first, last in pairwise(bounds):
        found += observed(engine, state, frame(records[first:last], first))
    return sorted(found, key=lambda one: (one.trigger, one.tick, one.kind, one.entity))


def observed(engine: Observer, state: State, chunk: pl.DataFrame) -> list[Seen]:
    """The evaluations of one chunk."""
    return [
        Seen(trigger, tick, due.kind, name, as_of, plan, values)
        for part in engine.parts(state, chunk) for due in part.due
        for trigger, tick, name, as_of, plan, values in zip(
            due.trigger.tolist(), due.tick.tolist(), due.names, due.as_of.tolist(), due.plan,
            due.values.to_dicts(), strict=True)
    ]  # fmt: skip
