"""Detectors over whole parts: what single events and turns raise."""

from __future__ import annotations

import json

import numpy as np
from small_pack import FEATURES, HASH_KEY, RULES, START, small_pack

from detectors.alert import Alert
from features.event import COLUMNS
from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.pack import Pack
from streams.pipeline import Pipeline
from streams.runner import closing_heartbeat


def raised(pack: Pack, events: list[dict[str, object]]) -> list[Alert]:
    """The alerts of some events, a second apart, and a closing heartbeat."""
    texts = [json.dumps({"id": f"e{i}", "time": rfc3339(START + i * 1_000), **e}) for i, e in enumerate(events)]
    frame = Codec(pack.columns).decode("\n".join(texts).encode()).frame
    pipeline = Pipeline(pack, HASH_KEY)
    state = pipeline.empty()
    offsets = np.arange(frame.height)
    alerts = pipeline.step(state, frame.with_columns(offset=offsets, stamp=frame["time"].to_numpy())).alerts
    heartbeat = closing_heartbeat(pipeline, state, frame.height)
    return alerts + (pipeline.step(state, heartbeat)[0] if heartbeat is not None else [])


def test_a_rule_on_events_needs_no_feature_of_its_kind() -> None:
    """A workload's rule on single events fires where the catalogue keeps nothing of workloads."""
    features = [one for one in FEATURES if one["entity"] != "workload"]
    pack = small_pack([rule for rule in RULES if rule["id"] == "miner"], features)
    event: dict[str, object] = {"type": "process", "account_id": "a", "workload_id": "w", "command_line": "xmrig -o x"}
    assert [(a.detector, a.kind, a.entity_id, a.trigger) for a in raised(pack, [event])] == [
        ("miner", "workload", "w", 0)
    ]


def test_what_we_denied_is_nobodys_offence() -> None:
    """An event that we denied ourselves neither feeds a feature nor fires a rule on single events."""
    event = {"type": "process", "account_id": "a", "workload_id": "w", "command_line": "xmrig", "denied_by_us": True}
    request = {"type": "inference", "account_id": "a", "denied_by_us": True}
    assert raised(small_pack(), [event, *[request] * 9]) == []


def test_evidence_shows_matching_events_among_many_others() -> None:
    """Up to five events that the rule counted are shown, though others of the turn came before them."""
    others: list[dict[str, object]] = [{"type": "process", "account_id": "a", "command_line": "true"}] * 3
    requests: list[dict[str, object]] = [{"type": "inference", "account_id": "a"}] * 7
    alerts = [one for one in raised(small_pack(), [*others, *requests]) if one.detector == "burst"]
    assert alerts
    assert {event["type"] for event in alerts[0].events} == {"inference"}
    assert len(alerts[0].events) <= 5
    assert set(alerts[0].events[0]) <= {"id", "time", "type", *COLUMNS}
