"""Rules put to their own tests: each test's events run through the real codec and step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from detectors.alert import Alert
from detectors.rules import Rule, duration_ms
from features.catalog import Catalog
from features.cluster_catalog import CLUSTER
from features.declared import catalogue
from features.ticks import DAY_MS, HOUR_MS
from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.pack import Pack
from streams.pipeline import Pipeline, PipelineState
from streams.runner import closing_heartbeats
from streams.second_stage import Clustered, alerts_of

START_MS = 1_772_442_000_000
"""When every test begins: 2026-03-02T09:00:00Z."""

HASH_KEY = "exam"
_HISTORY_MS = 8 * DAY_MS  # past the longest window
_SERIES = ("at", "every", "lasts", "repeat", "jitter")


class BadTest(Exception):
    """A test that cannot be run as it is written."""


@dataclass(frozen=True)
class Result:
    """One test: whether the rule did as it should, and what was wrong if not."""

    rule: str
    test: str
    passed: bool
    wrong: str = ""


def examine(pack: Pack, rule: Rule) -> Iterator[Result]:
    """Run a rule's tests, one after the other."""
    pipeline = Pipeline(replace(pack, rules=(rule,), catalog=_read_by(rule, pack.catalog)), HASH_KEY)
    codec = Codec(pack.columns)
    for number, test in enumerate(rule.tests):
        name = str(test.get("name") or f"test {number + 1}")
        try:
            wrong = _wrong(pipeline, codec, rule, test)
        except BadTest as error:
            wrong = str(error)
        yield Result(rule.id, name, not wrong, wrong)


def _read_by(rule: Rule, catalog: Catalog) -> Catalog:
    """The features that a rule reads and what those are derived from: the others cost time and change nothing."""
    names = {name for feature in rule.features for name in (feature.name, feature.of, feature.over)}
    own = catalog.of_kind("account" if rule.entity == CLUSTER else rule.entity)
    read = tuple(feature for feature in own if feature.name in names) or own[:1]  # a kind without any is not kept
    return catalogue(read)


def _wrong(pipeline: Pipeline, codec: Codec, rule: Rule, test: Mapping[str, Any]) -> str:
    decoded = codec.decode(b"".join(_lines(test)))
    if decoded.dead:
        first = decoded.dead[0]
        raise BadTest(f"its event {first.record + 1} is refused: {first.reason}: {first.detail}")
    state = _begun(pipeline, new=bool(test.get("new")))
    second = Clustered(pipeline, state)
    stamps = np.maximum.accumulate(decoded.frame["time"].to_numpy())
    events = decoded.frame.with_columns(stamp=stamps, offset=pl.int_range(decoded.frame.height))
    alerts = alerts_of(pipeline.step(state, events), second)
    for heartbeat in closing_heartbeats(pipeline, state, events.height):
        alerts += alerts_of(pipeline.step(state, heartbeat), second)
    return _verdict(rule, test, {_called(alert) for alert in alerts})


def _called(alert: Alert) -> str:
    """What a test calls the entity: nobody knows a tie's hash, so a cluster goes by what ties it."""
    return alert.entity_id.split(":")[0] if alert.kind == CLUSTER else alert.entity_id


def _verdict(rule: Rule, test: Mapping[str, Any], caught: set[str]) -> str:
    if test.get("fires") and not caught:
        return f"{rule.id} did not fire"
    if not test.get("fires") and caught:
        return f"{rule.id} fired on {', '.join(sorted(caught))}"
    wanted = test.get("entity")
    return f"{rule.id} fired on {', '.join(sorted(caught))}, not on {wanted}" if wanted and wanted not in caught else ""


def _begun(pipeline: Pipeline, new: bool) -> PipelineState:
    """A state whose stream has run for long, unless the test is about a new one."""
    state = pipeline.empty()
    if not new:
        begun = START_MS - _HISTORY_MS
        state.features.stream_start, state.features.stream_time = begun, START_MS - HOUR_MS
        state.features.births = {feature.identity: begun for feature in pipeline.catalog.features}
        if pipeline.clustering.any:
            state.clusters = pipeline.clustering.empty([0])
            state.clusters.clusters.began = begun
    return state


def _lines(test: Mapping[str, Any]) -> list[bytes]:
    events = [event for series, one in enumerate(test.get("events") or []) for event in _series(one, series)]
    ordered = sorted(events, key=lambda event: int(event["time"]))
    return [json.dumps(event | {"time": rfc3339(event["time"])}).encode() + b"\n" for event in ordered]


def _series(one: Mapping[str, Any], series: int) -> Iterator[dict[str, Any]]:
    if not isinstance(one, Mapping) or "type" not in one:
        raise BadTest(f"its event {series + 1} has no type")
    at, every = _time(one, "at", 0), _time(one, "every", 60_000)
    count = one["repeat"] if "repeat" in one else _time(one, "lasts", 0) // max(every, 1) + 1
    if not isinstance(count, int) or "time" in one:
        raise BadTest("time: cannot be set, use at: 20m" if "time" in one else f"repeat: {count} is not a whole number")
    jitter = _time(one, "jitter", 0)
    for i in range(count):
        event = {key: _filled(value, i) for key, value in one.items() if key not in _SERIES}
        shift = (i * 2_654_435_761 % 1_000) * jitter // 1_000  # the same spread every time, without a pattern
        yield {"id": f"test-{series}-{i}", "time": START_MS + at + i * every + shift, **event}


def _time(one: Mapping[str, Any], key: str, otherwise: int) -> int:
    if key not in one:
        return otherwise
    found = duration_ms(one[key])
    if found is None:
        raise BadTest(f"{key}: {one[key]} is not a duration, for example 90s or 20m")
    return found


def _filled(value: Any, i: int) -> Any:
    return value.replace("{i}", str(i)) if isinstance(value, str) else value
