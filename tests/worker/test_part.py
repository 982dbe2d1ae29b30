"""One partition at work, without a broker: cuts, crashes, packs taken up in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import FEATURES, HASH_KEY, RULES, chunk, events, small_pack, small_pipeline
from thorough import examples

from detectors.alert import Alert
from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.dead_letters import Reason
from streams.pack import Pack
from streams.pipeline import Pipeline
from streams.runner import Limits, Saved
from streams.telemetry import WorkerTelemetry
from streams.worker.log import HISTORY_AHEAD_MS
from streams.worker.names import Names
from streams.worker.outlet import KafkaOutlet
from streams.worker.packs.control import Control
from streams.worker.packs.known import UnknownPack
from streams.worker.part import Log, Part
from streams.worker.sending import Outgoing
from streams.worker.snapshots.restoring import restored
from streams.worker.snapshots.shelves import TopicShelf
from streams.worker.transport.chunk import RawChunk

KEY = b"a secret for tests"
NAMES = Names()
FIRST = 1000
"""The log's first offset: nothing may take offsets for counts."""


@dataclass
class Broker:
    """What was written, by topic; values by key where it is compacted."""

    sent: list[Outgoing] = field(default_factory=list)

    def send(self, records: Sequence[Outgoing]) -> None:
        self.sent += records

    def alerts(self) -> list[dict[str, Any]]:
        return [json.loads(one.value or b"") for one in self.sent if one.topic == NAMES.alerts]

    def graves(self) -> list[Outgoing]:
        return [one for one in self.sent if one.topic == NAMES.dead_letters]

    def snapshots(self) -> dict[str, bytes]:
        kept = {(one.key or b"").decode(): one.value for one in self.sent if one.topic == NAMES.snapshots}
        return {key: value for key, value in kept.items() if value is not None}


class SmallPacks:
    """Packs by name, made here."""

    def __init__(self, *pipelines: Pipeline) -> None:
        self.first = pipelines[0]
        self._known = {one.pack.hash: one for one in pipelines}

    def codec(self, pack: Pack) -> Codec:
        return Codec(pack.columns, HASH_KEY)

    def pipeline(self, name: str) -> Pipeline:
        return self._known[name]

    def ordered(self, control: Control) -> Pipeline:
        if control.pack not in self._known:
            raise UnknownPack(f"pack {control.pack} is not in the packs' topic")
        return self._known[control.pack]


def begin(broker: Broker, packs: Any, live_from: int = 0) -> Part:
    """A worker that has just been given the partition: it goes on from what is in the snapshots' topic."""
    telemetry = WorkerTelemetry(packs.first.pack.rules)
    shelf = TopicShelf(NAMES.snapshots, 0, "here", broker.send, broker.snapshots())
    found = restored(shelf.newest_first(), packs, 1, "stop", pytest.fail)
    saved, pipeline = found or (Saved(packs.first.empty(), {}, {}, FIRST, 0, 0), packs.first)
    outlet = KafkaOutlet(NAMES, 0, broker.send, lambda: 1)
    outlet.live_from = live_from
    log = Log(NAMES.events, 0, 1, HISTORY_AHEAD_MS)
    return Part(log, pipeline, saved, outlet, shelf, packs, telemetry, lambda: 0.0, Limits(), KEY,
                lambda *_, **__: None)  # fmt: skip


def raw(values: Sequence[bytes], stamps: Sequence[int], first: int = FIRST) -> RawChunk:
    """Records one after the other from an offset on."""
    offsets = np.arange(first, first + len(values))
    return RawChunk(
        0, first, first + len(values) - 1, values, offsets, np.array(stamps, np.int64), [None] * len(values)
    )


def log_of(found: Sequence[dict[str, Any]]) -> tuple[RawChunk, list[Alert]]:
    """Events as a partition holds them, and the alerts that one whole run raises."""
    pipeline = small_pipeline()
    frame = chunk(pipeline, found)
    alerts = pipeline.step(pipeline.empty(), frame).alerts
    kept = [json.dumps(found[row]).encode() for row in frame["record"].to_list()]
    return raw(kept, frame["stamp"].to_list()), alerts


def told(alerts: Sequence[Alert]) -> list[tuple[str, int, int]]:
    return [(one.id, one.revision, one.trigger + FIRST) for one in alerts]


def seen(broker: Broker) -> list[tuple[str, int, int]]:
    return [(one["id"], one["revision"], one["trigger"]) for one in broker.alerts()]


def pieces(whole: RawChunk, cuts: Sequence[int]) -> Iterator[RawChunk]:
    bounds = sorted({whole.first, whole.last + 1, *[whole.first + cut for cut in cuts if cut < len(whole.values)]})
    for start, end in pairwise(bounds):
        yield whole.since(start).until(end)


@given(events(), st.lists(st.integers(1, 60), max_size=5))
@settings(max_examples=examples(60), deadline=None)
def test_alerts_are_those_of_one_whole_run_in_any_cut(found: list[dict[str, Any]], cuts: list[int]) -> None:
    """However a partition's log is cut into chunks, the same alerts are sent, with the log's offsets."""
    whole, alerts = log_of(found)
    broker = Broker()
    part = begin(broker, SmallPacks(small_pipeline()))
    for piece in pieces(whole, cuts):
        part.settle(piece)
    assert seen(broker) == told(alerts)
    assert part.next_offset == whole.last + 1


@given(events(), st.lists(st.integers(1, 60), max_size=6), st.data())
@settings(max_examples=examples(60), deadline=None)
def test_a_crash_after_any_chunk_loses_nothing_and_repeats_only_what_was_told(
    found: list[dict[str, Any]], cuts: list[int], data: st.DataObject
) -> None:
    """A worker that takes over from the last snapshot is silent below the committed offset and goes on alike."""
    whole, alerts = log_of(found)
    broker, packs = Broker(), SmallPacks(small_pipeline())
    part, committed = begin(broker, packs), FIRST
    for piece in pieces(whole, cuts):
        part.settle(piece)
        if data.draw(st.booleans()):
            part.keep()
        if data.draw(st.booleans()):
            committed = part.next_offset
        if data.draw(st.integers(0, 2)) == 0:
            part = begin(broker, packs, live_from=committed)
            if part.next_offset <= piece.last:
                part.settle(whole.since(part.next_offset).until(piece.last + 1))
    assert set(seen(broker)) == set(told(alerts))
    last = {(one["id"], one["revision"]): one for one in broker.alerts()}
    assert all(last[one["id"], one["revision"]] == one for one in broker.alerts()), "a repeated alert says the same"


def quick(account: str, time: int, kind: str = "inference") -> bytes:
    return json.dumps({"id": f"{account}{time}", "time": rfc3339(time), "type": kind, "account_id": account}).encode()


T0 = 1_772_409_600_000
OTHER_RULES = [{**RULES[0], "id": "two", "title": "two", "when": ["requests_1m >= 2"]}]


def other_pipeline() -> Pipeline:
    return Pipeline(replace(small_pack(OTHER_RULES, FEATURES[:1]), hash="other"), HASH_KEY)


def order(pack: str, serial: int = T0, partition: int = 0, key: bytes = KEY) -> bytes:
    return Control(NAMES.events, partition, pack, "digest", serial).record(key)


def test_a_pack_is_taken_up_at_its_control_record_and_shared_panes_are_kept() -> None:
    """What was counted before the order still counts after it, and alerts carry the new pack."""
    broker = Broker()
    part = begin(broker, SmallPacks(small_pipeline(), other_pipeline()))
    values = [quick("a", T0), order("other"), quick("a", T0 + 1_000), quick("b", T0 + 60_000)]
    part.settle(raw(values, [T0, T0, T0 + 1_000, T0 + 60_000]))
    alerts = [one for one in broker.alerts() if one["detector"] == "two"]
    assert [(one["pack"], one["trigger"]) for one in alerts] == [("other", FIRST + 3)]
    assert alerts[0]["evidence"][0]["value"] == 2
    assert not broker.graves()


@given(st.lists(st.integers(1, 5), max_size=3), st.booleans())
@settings(max_examples=examples(20), deadline=None)
def test_the_place_where_a_pack_is_taken_up_does_not_depend_on_cuts_or_crashes(cuts: list[int], crash: bool) -> None:
    """The order's offset alone decides, also for a worker that begins before it."""
    values = [quick("a", T0), quick("a", T0), order("other"), quick("a", T0 + 1_000), quick("b", T0 + 60_000)]
    whole = raw(values, [T0, T0, T0, T0 + 1_000, T0 + 60_000])
    packs = SmallPacks(small_pipeline(), other_pipeline())
    expected, broker = Broker(), Broker()
    begin(expected, packs).settle(whole)
    part = begin(broker, packs)
    for piece in pieces(whole, cuts):
        part.settle(piece)
        if crash:
            part.keep()
            part = begin(broker, packs, live_from=part.next_offset)
    assert seen(broker) == seen(expected)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (order("nowhere"), Reason.REFUSED_PACK),
        (order("other", serial=0), Reason.REFUSED_PACK),
        (order("other", key=b"another secret"), Reason.UNSIGNED_CONTROL),
        (order("other", partition=1), Reason.UNSIGNED_CONTROL),
        (order("other").replace(b'"other"', b'"small"'), Reason.UNSIGNED_CONTROL),
    ],
    ids=["unknown pack", "older than the one in force", "other key", "copied from elsewhere", "changed"],
)
def test_a_pack_that_is_not_soundly_ordered_is_refused_and_the_old_one_stays(record: bytes, reason: Reason) -> None:
    """The order becomes a dead letter; what follows is judged as before."""
    broker = Broker()
    part = begin(broker, SmallPacks(small_pipeline(), other_pipeline()))
    values = [quick("a", T0), record, *[quick("a", T0 + n) for n in range(1, 4)], quick("b", T0 + 60_000)]
    part.settle(raw(values, [T0] * 5 + [T0 + 60_000]))
    graves = [(dict(one.headers)["reason"], dict(one.headers)["offset"]) for one in broker.graves()]
    assert graves == [(str(reason).encode(), b"%d" % (FIRST + 1))]
    assert {(one["detector"], one["pack"]) for one in broker.alerts()} >= {("burst", "small")}
    assert part.next_offset == FIRST + 6


def test_a_bad_record_is_a_dead_letter_with_its_place_and_the_good_ones_beside_it_count() -> None:
    """Reason, offset, stamp, key and the whole record stand in the dead letter."""
    broker = Broker()
    part = begin(broker, SmallPacks(small_pipeline()))
    part.settle(raw([quick("a", T0), b'{"id": ', quick("c", T0 + 7_200_000)], [T0, T0 + 5, T0 + 6]))
    first, second = broker.graves()
    assert first.value == b'{"id": '
    headers = dict(first.headers)
    assert (headers["offset"], headers["stamp"], headers["source"]) == (b"1001", b"%d" % (T0 + 5), b"usage.events")
    assert dict(second.headers)["reason"] == b"ahead_of_stamp"
    assert len(part.saved.state.features.books["account"].slots) == 1


def test_what_was_told_before_is_not_told_again() -> None:
    """Below live_from alerts and dead letters are silent, and the state moves on all the same."""
    values = [*[quick("a", T0 + n) for n in range(5)], b"bad", quick("b", T0 + 60_000), b"worse"]
    stamps = [T0] * 6 + [T0 + 60_000] * 2
    broker = Broker()
    part = begin(broker, SmallPacks(small_pipeline()), live_from=FIRST + 7)
    part.settle(raw(values, stamps))
    assert not broker.alerts()
    assert [one.value for one in broker.graves()] == [b"worse"]
    assert part.next_offset == FIRST + 8
