"""A small pack and random events for it: every kind of rule, thresholds low enough that short logs fire them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from hypothesis import strategies as st

from detectors.rules import build_rules
from features.declared import build
from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.pack import Pack
from streams.pipeline import Pipeline
from streams.stamps import Stamper

START = 1_772_409_600_000 - 200_000
"""A little before a whole hour and day; ms."""

HASH_KEY = "small"

FEATURES: list[dict[str, Any]] = [
    {"name": "requests", "entity": ["account", "key"], "event": "inference", "aggregate": "count",
     "windows": ["1m", "1h"], "signal": "output"},
    {"name": "failed", "entity": "key", "event": "inference", "aggregate": "count", "where": "status >= 400",
     "windows": ["1m"], "signal": "output"},
    {"name": "failed_share", "entity": "key", "aggregate": "share", "of": "failed", "over": "requests",
     "windows": ["1m"], "signal": "output"},
    {"name": "mean_tokens", "entity": "account", "event": "inference", "aggregate": "mean",
     "column": "output_tokens", "windows": ["1h"], "signal": "output"},
    {"name": "programs", "entity": "workload", "event": "process", "aggregate": "count", "windows": ["1m"],
     "signal": "process"},
]  # fmt: skip

_COMMON = {"clause": "abuse", "severity": "low", "runbook": "look", "false_positives": ["none"],
           "tests": [{"fires": True}, {"fires": False}]}  # fmt: skip

RULES: list[dict[str, Any]] = [
    {"id": "burst", "title": "a burst", "entity": "account", "on": "tick", "when": ["requests_1m > 3"], "quiet": "2m"},
    {"id": "lasting", "title": "lasts", "entity": "account", "on": "tick", "when": ["requests_1m >= 2"], "for": "30s"},
    {"id": "long-hour", "title": "an hour", "entity": "account", "on": "tick",
     "when": ["requests_1h >= 9", {"any": ["mean_tokens_1h > 40", "requests_1m > 2"]}], "quiet": "12h"},
    {"id": "failing", "title": "failing", "entity": "key", "on": "tick", "when": ["failed_share_1m > 0.4"]},
    {"id": "miner", "title": "a miner", "entity": "workload", "on": "event", "event": "process",
     "when": ["command_line ILIKE '%xmrig%'"], "quiet": "1m"},
]  # fmt: skip


def small_pack(rules: Iterable[Mapping[str, Any]] = RULES, features: list[dict[str, Any]] = FEATURES) -> Pack:
    """Features and rules as a pack of one clause."""
    catalog = build(features)
    return Pack(catalog, build_rules([{**_COMMON, **rule} for rule in rules], catalog, ["abuse"]), {}, "small")


def small_pipeline() -> Pipeline:
    """The small pack made ready."""
    return Pipeline(small_pack(), HASH_KEY)


_STEPS = st.sampled_from([0, 0, 400, 3_000, 9_999, 10_000, 10_000, 21_000, 61_000, 600_000, 3_600_000, 5 * 3_600_000])
_SHIFTS = st.sampled_from([0] * 8 + [-7_000, -30_000, -125_000, -4_000_000, 400_000, 86_400_000 * 900])


@st.composite
def events(draw: st.DrawFn, most: int = 60) -> list[dict[str, Any]]:
    """Events mostly in order of time; some late, some far ahead of the log."""
    now, found = START, []
    for number in range(draw(st.integers(1, most))):
        now += draw(_STEPS)
        event: dict[str, Any] = {"id": f"e{number}", "time": rfc3339(now + draw(_SHIFTS))}
        event["account_id"] = draw(st.sampled_from("ab"))
        if draw(st.integers(0, 4)):
            event |= {"type": "inference", "api_key_id": draw(st.sampled_from(["k1", "k2"])),
                      "status": draw(st.sampled_from([200, 500])), "output_tokens": draw(st.integers(0, 100)),
                      "plan": draw(st.sampled_from(["trial", "pro"]))}  # fmt: skip
        else:
            command = draw(st.sampled_from(["python train.py", "./XMRig -o pool --secret"]))
            event |= {"type": "process", "workload_id": "w", "command_line": command}
        found.append(event)
    return found


def lines(found: Iterable[Mapping[str, Any]]) -> bytes:
    """Events as NDJSON."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in found)


def chunk(pipeline: Pipeline, found: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Events as a whole log would bring them: decoded, stamped, counted; those far ahead are left out."""
    frame = Codec(pipeline.pack.columns).decode(lines(found)).frame
    stamped = Stamper().stamp(frame, last=True).filter(~pl.col("ahead")).drop("ahead")
    return stamped.with_columns(offset=pl.int_range(stamped.height))
