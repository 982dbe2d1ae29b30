"""One partition of ties at work: the same alerts however its log is mixed, cut, broken off and gone on with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import small_pack
from thorough import examples
from worker.clusters.tie_logs import HASH_KEY, NAMES, PIPELINE, messages, raw, requests

from features.gathering import Gathering
from streams.clustering import Clustering
from streams.log_events import LogEvent
from streams.pipeline import Pipeline
from streams.runner import Limits
from streams.telemetry import ClusterTelemetry
from streams.worker.clusters.kept import Kept, kept_of
from streams.worker.clusters.part import ClusterPart
from streams.worker.log import LIVE_AHEAD_MS
from streams.worker.outlet import KafkaOutlet
from streams.worker.packs.known import UnknownPack
from streams.worker.part import Log
from streams.worker.sending import Outgoing

SOURCES = 3


class Broker:
    """What was written."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def alerts(self) -> dict[tuple[str, int], dict[str, Any]]:
        """Alerts by id and revision, without the offset that brought them: other logs hold other rows before it."""
        told = [json.loads(one.value or b"") for one in self.sent if one.topic == NAMES.alerts]
        return {(one["id"], one["revision"]): {**one, "trigger": 0} for one in told}


class Shelf:
    """The newest snapshot."""

    data: bytes | None = None

    def save(self, data: bytes, next_offset: int) -> None:
        del next_offset
        self.data = data

    def newest_first(self) -> Iterator[tuple[str, bytes | None]]:
        yield from [] if self.data is None else [("here", self.data)]


class Packs:
    """Pipelines by the hash of their pack."""

    def __init__(self, *known: Pipeline) -> None:
        self._known = {one.pack.hash: one for one in known}

    def pipeline(self, name: str) -> Pipeline:
        if name not in self._known:
            raise UnknownPack(f"pack {name} is not in the packs' topic")
        return self._known[name]


def part_of(broker: Broker, shelf: Shelf, live_from: int = 0, room: int = 10**6, packs: Packs | None = None,
            told: list[str] | None = None) -> ClusterPart:  # fmt: skip
    """A process that has just been given the partition: it goes on from the snapshot."""
    kept = Kept(PIPELINE.clustering.empty(range(SOURCES)), 0, "small") if shelf.data is None else None
    kept = kept or kept_of(shelf.data or b"", HASH_KEY)
    kept.state.gathering.room = room
    outlet = KafkaOutlet(NAMES, 0, broker.sent.extend, lambda: 1)
    outlet.live_from = live_from
    found: Any = packs or Packs(PIPELINE)
    return ClusterPart(Log(NAMES.ties, 0, 1, LIVE_AHEAD_MS), kept, found.pipeline(kept.pack).clustering, outlet, shelf,
                       found, ClusterTelemetry(()), lambda: 0.0, Limits(snapshot_every_s=10**9),
                       lambda event, **_: (told if told is not None else []).append(event))  # fmt: skip


@cache
def farm(minutes: int = 8) -> list[list[bytes]]:
    """What three workers write: six accounts of one template, two a partition, and a crowd that has nothing of it."""
    end = 60 * minutes + 120
    crowd = [one for number in range(12) for one in requests(f"c{number}", [1], template_fingerprint=None)]
    own = [requests(f"farm-{number}", range(5 + number, 60 * minutes, 45)) for number in range(6)]
    return [messages([*own[2 * source], *own[2 * source + 1], *crowd[source::SOURCES]], source, cuts=range(0, 60, 3),
                     until_s=end) for source in range(SOURCES)]  # fmt: skip


def mixed(logs: Sequence[Sequence[bytes]], order: Sequence[int]) -> list[bytes]:
    """One log of several, each one's records in their order; order: whose comes next, as far as it goes."""
    rest = [list(log) for log in logs]
    found = [rest[number].pop(0) for number in order if rest[number]]
    return found + [one for log in rest for one in log]


def whole(log: list[bytes]) -> dict[tuple[str, int], dict[str, Any]]:
    """The alerts of a log taken at once."""
    broker = Broker()
    part_of(broker, Shelf()).settle(raw(log))
    return broker.alerts()


def test_accounts_of_several_partitions_that_share_a_template_are_one_cluster() -> None:
    """Two accounts a partition, six in the cluster: one id, and the accounts that were seen in all partitions."""
    found = whole(mixed(farm(), [0, 1, 2] * 30))
    assert {one["entity"]["kind"] for one in found.values()} == {"cluster"}
    (alert,) = found.values()
    assert set(alert["accounts"]) == {f"farm-{number}" for number in range(1, 6)}, "the first was not seen again yet"
    assert alert["signals"] == ["link"]


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.integers(0, SOURCES - 1), max_size=60), st.lists(st.integers(1, 12), max_size=20), st.data())
def test_however_the_log_is_mixed_cut_and_broken_off_the_alerts_are_the_same(
    order: list[int], sizes: list[int], data: st.DataObject
) -> None:
    """Ids, revisions, evidence and accounts; what is told again after a crash is told under its old id."""
    logs = farm()
    log, broker, shelf = mixed(logs, order), Broker(), Shelf()
    part, done = part_of(broker, shelf), 0
    for size in [*sizes, len(log)]:
        part.settle(raw(log[part.next_offset : part.next_offset + size], part.next_offset))
        done = max(done, part.done_offset)
        if data.draw(st.booleans(), "keep"):
            part.keep()
        if data.draw(st.booleans(), "die"):
            part = part_of(broker, shelf, live_from=done if data.draw(st.booleans(), "committed") else 0)
    while part.next_offset < len(log):
        part.settle(raw(log[part.next_offset :], part.next_offset))
    assert broker.alerts() == whole(mixed(logs, [0, 1, 2] * 30))


@settings(max_examples=examples(10), deadline=None)
@given(st.integers(45, 60), st.integers(1, 4))
def test_what_finds_no_room_is_read_again(room: int, size: int) -> None:
    """One partition's worker is far behind: the others' records wait, and in the end nothing is missing."""
    logs = farm()
    log, broker = [*logs[0], *logs[1], *logs[2]], Broker()
    part, turns, refused = part_of(broker, Shelf(), room=room), 0, 0
    while part.next_offset < len(log):
        part.settle(raw(log[part.next_offset : part.next_offset + size], part.next_offset))
        assert part.done_offset <= part.next_offset
        turns, refused = turns + 1, refused + part.state.gathering.full
        assert turns < 500
    assert refused
    assert part.done_offset == len(log)
    assert broker.alerts() == whole(mixed(logs, [0, 1, 2] * 30))


def test_while_records_find_no_room_the_offset_stays_below_them_and_it_is_told() -> None:
    """A snapshot and a commit taken then lead back to the first refused row."""
    logs, told = farm(), list[str]()
    part = part_of(Broker(), Shelf(), room=5, told=told)
    part.settle(raw(logs[0][:6]))
    part.settle(raw(logs[0][6:], part.next_offset))
    assert part.done_offset == 6 < part.next_offset
    assert LogEvent.TIES_HELD_UP in told
    assert part.state.gathering.held


def test_what_a_worker_sends_again_after_a_crash_counts_once() -> None:
    """The same rows, cut otherwise: the alerts of one whole run, and the repeated ones are counted."""
    logs = farm()
    again = messages([one for number in (0, 1) for one in requests(f"farm-{number}", range(5 + number, 480, 45))], 0,
                     cuts=[3, 7], until_s=600)  # fmt: skip
    broker, shelf = Broker(), Shelf()
    part = part_of(broker, shelf)
    log = mixed([logs[0] + again, logs[1], logs[2]], [0, 1, 2] * 30)
    part.settle(raw(log))
    assert part.state.gathering.repeated > 0
    assert broker.alerts() == whole(mixed(logs, [0, 1, 2] * 30))


def test_a_pack_is_taken_up_once_all_sources_run_it() -> None:
    """Not with the first one's records; an unknown one never, and that is told once."""
    strict = Pipeline(replace(small_pack(), hash="strict"), HASH_KEY)
    strict.clustering = Clustering(replace(small_pack(), hash="strict", rules=()), HASH_KEY)
    logs = [[value.replace(b"ties 1 small\n", b"ties 1 strict\n") for value in log] for log in farm()]
    told: list[str] = []
    part = part_of(Broker(), Shelf(), packs=Packs(PIPELINE, strict), told=told)
    part.settle(raw([*logs[0], *logs[1]]))
    assert part.saved.pack == "small"
    part.settle(raw(logs[2], part.next_offset))
    assert part.saved.pack == "strict"
    unknown = [value.replace(b"ties 1 small\n", b"ties 1 other\n") for log in farm() for value in log]
    part.settle(raw(unknown, part.next_offset))
    assert part.saved.pack == "strict"
    assert told.count(LogEvent.PACK_REFUSED) == 1


@pytest.mark.parametrize("bad", [b"", b"{}", b"ties 1 small\nnot arrow", b"ties 9 small\n"])
def test_what_holds_no_ties_is_a_dead_letter_and_the_good_beside_it_counts(bad: bytes) -> None:
    """One record alone is refused."""
    logs = farm()
    broker = Broker()
    part_of(broker, Shelf()).settle(raw([bad, *mixed(logs, [0, 1, 2] * 30)]))
    graves = [one for one in broker.sent if one.topic == NAMES.dead_letters]
    assert [dict(one.headers)["reason"] for one in graves] == [b"not_ties"]
    assert broker.alerts() == whole(mixed(logs, [0, 1, 2] * 30))


def test_rows_of_a_source_that_does_not_exist_are_counted_and_left_out() -> None:
    """The others go on."""
    logs = farm()
    broker = Broker()
    part = part_of(broker, Shelf())
    part.settle(raw([*messages(requests("x", [1, 2, 3]), 9, until_s=60), *mixed(logs, [0, 1, 2] * 30)]))
    assert part._telemetry.strange_sources._value.get() > 0
    assert isinstance(part.state.gathering, Gathering)
    assert broker.alerts() == whole(mixed(logs, [0, 1, 2] * 30))
