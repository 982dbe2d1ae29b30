"""A small pack and random events for it: every kind of rule, thresholds low enough that short logs fire them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from detectors.anomaly.group import Group
from detectors.anomaly.growing import grow
from detectors.anomaly.model import ANY, Declared, Model
from detectors.anomaly.reference import reference_of
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
    {"id": "together", "title": "together", "entity": "cluster", "on": "tick",
     "when": ["accounts_1h >= 2", "requests_24h >= 3"], "quiet": "2m"},
]  # fmt: skip


@cache
def small_model() -> Model:
    """A model of keys, so lax that a third of what is unlike its few honest rows stands out."""
    rows = np.random.default_rng(5).poisson((1.2, 0.2, 0.1), (300, 3)).astype(np.float64)
    bare = Group(None, np.median(rows, axis=0), np.ones(3), np.empty(0))  # type: ignore[arg-type]
    grown = replace(bare, forest=grow(bare.prepared(rows), seed=3, trees=20, sample=64))
    names = ("requests_1m", "failed_1m", "failed_share_1m")
    declared = Declared("odd-key", "odd", "abuse", "low", "key", names, 0.33, 60_000)
    scores = grown.scores(rows)
    spread = reference_of(rows, scores, np.ones(len(rows), np.uint32))
    return Model(declared, {ANY: replace(grown, calibration=np.sort(scores), reference=spread)})


def small_pack(rules: Iterable[Mapping[str, Any]] = RULES, features: list[dict[str, Any]] = FEATURES) -> Pack:
    """Features, rules and a model as a pack of one clause; rules of one's own come without the model."""
    catalog = build(features)
    built = build_rules([{**_COMMON, **rule} for rule in rules], catalog, ["abuse"])
    return Pack(catalog, built, {}, "small", learnt=(small_model(),) if rules is RULES else ())


def small_pipeline() -> Pipeline:
    """The small pack made ready."""
    return Pipeline(small_pack(), HASH_KEY)


_STEPS = st.sampled_from([0, 0, 400, 3_000, 9_999, 10_000, 10_000, 21_000, 61_000, 600_000, 3_600_000, 5 * 3_600_000])
_SHIFTS = st.sampled_from([0] * 8 + [-7_000, -30_000, -125_000, -4_000_000, 400_000, 86_400_000 * 900])


@st.composite
def events(draw: st.DrawFn, most: int = 60) -> list[dict[str, Any]]:
    """Events mostly in order of time; some late, some far ahead of the log.

    Where a crowd comes first, what two accounts share is not common to a quarter of all.
    """
    now, found = START, [_one_of(*crowd) for crowd in enumerate(draw(st.sampled_from(["", "cdefghij"])))]
    for number in range(draw(st.integers(1, most))):
        now += draw(_STEPS)
        event: dict[str, Any] = {"id": f"e{number}", "time": rfc3339(now + draw(_SHIFTS))}
        event["account_id"] = draw(st.sampled_from("ab"))
        if draw(st.integers(0, 4)):
            event |= {"type": "inference", "api_key_id": draw(st.sampled_from(["k1", "k2"])),
                      "status": draw(st.sampled_from([200, 500])), "output_tokens": draw(st.integers(0, 100)),
                      "plan": draw(st.sampled_from(["trial", "pro"])),
                      "template_fingerprint": draw(st.sampled_from([None, "t1", "t2"]))}  # fmt: skip
        else:
            command = draw(st.sampled_from(["python train.py", "./XMRig -o pool --secret"]))
            event |= {"type": "process", "workload_id": "w", "command_line": command}
        found.append(event)
    return found


def _one_of(number: int, account: str) -> dict[str, Any]:
    time = rfc3339(START + number)  # equal times and one that falls would be taken for a file that runs backwards
    return {"id": f"crowd-{account}", "time": time, "account_id": account, "type": "inference"}


def lines(found: Iterable[Mapping[str, Any]]) -> bytes:
    """Events as NDJSON."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in found)


def chunk(pipeline: Pipeline, found: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Events as a whole log would bring them: decoded, stamped, counted; those far ahead are left out."""
    frame = Codec(pipeline.pack.columns).decode(lines(found)).frame
    stamped = Stamper().stamp(frame, last=True).filter(~pl.col("ahead")).drop("ahead")
    return stamped.with_columns(offset=pl.int_range(stamped.height))
