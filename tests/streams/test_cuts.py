"""The alerts of a log are the same however it is cut into chunks, and however often its state is saved and loaded."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import HASH_KEY, START, chunk, events, small_pack, small_pipeline
from stepping import closed, stepped
from thorough import examples

from detectors.alert import Alert, order
from streams.alert_lines import as_line, rfc3339
from streams.pipeline import Pipeline, PipelineState
from streams.snapshot import decoded, encoded

PIPELINE = small_pipeline()


def whole(log: pl.DataFrame, pipeline: Pipeline = PIPELINE) -> list[Alert]:
    """The alerts of a log taken at once."""
    return cut(log, [], [], pipeline)


def cut(log: pl.DataFrame, cuts: list[int], saved: list[bool], pipeline: Pipeline = PIPELINE) -> list[Alert]:
    """The alerts of a log taken in pieces; after some the state goes through a snapshot."""
    state, found = pipeline.empty(), []
    bounds = sorted({0, log.height, *[at for at in cuts if at < log.height]})
    for number, (first, last) in enumerate(pairwise(bounds)):
        found += stepped(pipeline, state, log[first:last])
        if number < len(saved) and saved[number]:
            state = reloaded(state, pipeline)
    return found + closed(pipeline, state, log.height)


def reloaded(state: PipelineState, pipeline: Pipeline) -> PipelineState:
    """What a restart finds, kept events thinned as a snapshot thins them."""
    pipeline.observer.compact(state.features)
    return decoded(encoded(state, {}), pipeline.observer)[0]


@settings(max_examples=examples(25), deadline=None)
@given(st.data())
def test_neither_cuts_nor_restarts_change_an_alert(data: st.DataObject) -> None:
    """Ids, revisions, evidence, events and order are those of the log taken in one chunk."""
    log = chunk(PIPELINE, data.draw(events()))
    cuts = data.draw(st.lists(st.integers(0, log.height), max_size=8))
    saved = data.draw(st.lists(st.booleans(), max_size=9))
    assert [as_line(a) for a in cut(log, cuts, saved)] == [as_line(a) for a in whole(log)]


@settings(max_examples=examples(6), deadline=None)
@given(events(most=30))
def test_record_by_record_is_the_same_too(found: list[dict[str, Any]]) -> None:
    """Chunks of one record each, the state saved and loaded after every one, bring the same alerts."""
    log = chunk(PIPELINE, found)
    assert cut(log, list(range(log.height)), [True] * log.height) == whole(log)


@settings(max_examples=examples(15), deadline=None)
@given(events())
def test_alerts_come_in_one_order(found: list[dict[str, Any]]) -> None:
    """Alerts are in order of (trigger, tick, entity, detector), and no id comes twice with one revision."""
    alerts = whole(chunk(PIPELINE, found))
    assert alerts == sorted(alerts, key=order)
    assert all(count == 1 for count in Counter((a.id, a.revision) for a in alerts).values())


def requests(count: int, every_ms: int, first_ms: int = START) -> list[dict[str, Any]]:
    """One account's requests at a steady pace."""
    return [{"id": f"r{first_ms}-{i}", "time": rfc3339(first_ms + i * every_ms), "type": "inference", "account_id": "a",
             "api_key_id": "k1", "status": 500, "output_tokens": 90} for i in range(count)]  # fmt: skip


def test_the_small_pack_fires_every_rule_and_its_model() -> None:
    """What the properties above run over is no empty claim: each detector fires on a log made for it."""
    miner = {"id": "m", "time": rfc3339(START + 1_000), "type": "process", "account_id": "a", "workload_id": "w",
             "command_line": "xmrig"}  # fmt: skip
    alike = [{**one, "id": f"{account}{one['id']}", "account_id": account, "template_fingerprint": "t"}
             for account in "bc" for one in requests(4, 15_000, START + 20_000)]  # fmt: skip
    steady = requests(100, 50_000)
    log = [steady[0], miner, *alike, *steady[1:], *requests(9, 100, START + 10**7)]
    fired = {a.detector for a in whole(chunk(PIPELINE, log))}
    assert fired == {*(rule.id for rule in PIPELINE.pack.rules), *(one.declared.id for one in PIPELINE.pack.learnt)}


@pytest.mark.parametrize("silence_h", [3, 9, 11, 13])
def test_an_episode_outlives_its_entity_alike_in_every_cut(silence_h: int) -> None:
    """Where `quiet` is longer than the windows, an account that was freed has the same episodes in every cut."""
    pipeline = Pipeline(small_pack([{"id": "burst", "title": "a burst", "entity": "account", "on": "tick",
                                     "when": ["requests_1m > 3"], "quiet": "12h"}]), HASH_KEY)  # fmt: skip
    later = START + silence_h * 3_600_000
    others = [{**one, "account_id": "b"} for one in requests(silence_h * 2 - 1, 1_800_000, START + 600_000)]
    log = chunk(pipeline, [*requests(9, 100), *others, *requests(9, 100, later)])
    found = whole(log, pipeline)
    assert found == cut(log, list(range(log.height)), [], pipeline)
    assert len({a.id for a in found if a.entity == "a"}) == (1 if silence_h < 12 else 2)


def test_a_late_event_meets_the_same_episodes_however_the_log_is_cut() -> None:
    """Ended episodes are forgotten at the whole hour, not where a chunk that crosses one happens to end."""
    hour = START + 200_000
    mining = {"account_id": "a", "workload_id": "w", "type": "process", "command_line": "xmrig -o pool"}
    other = {"account_id": "b", "type": "inference"}
    later, again = hour + 7_270_000, hour + 10_870_000
    times = [(hour + 3_660_000, mining), *[(later + n, other) for n in range(6)],
             *[(again + n, other) for n in range(6)], (hour + 3_500_000, mining),
             *[(again + 10 + n, other) for n in range(6)]]  # fmt: skip
    found = [{"id": f"e{n}", "time": rfc3339(time), **event} for n, (time, event) in enumerate(times)]
    log = chunk(PIPELINE, found)
    alerts = whole(log)
    assert [alert.detector for alert in alerts].count("miner") == 2
    assert [as_line(a) for a in cut(log, list(range(1, log.height)), [])] == [as_line(a) for a in alerts]
