"""The partitions of a worker, with a consumer that hands out what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import structlog
from faust.types import TP

from streams.telemetry import WorkerTelemetry
from streams.worker import heartbeats
from streams.worker.assignment import Assignment
from streams.worker.part import Part
from streams.worker.transport.chunk import RawChunk

TOPIC = "usage.events"


class FakeConsumer:
    """A consumer of a group of one; `ends`: where each partition's log ends."""

    def __init__(self, partitions: Sequence[int]) -> None:
        self.mine = set(partitions)
        self.held: dict[int, int] = {}
        self.starts: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self.done: list[tuple[int, int]] = []
        self.sought: list[Mapping[TP, int]] = []
        self.consumer_generation_id = 7
        self.app = self
        self.epoch = 0
        self.holder: Assignment[Part]

    def assignment(self) -> set[TP]:
        return {TP(TOPIC, number) for number in self.mine}

    async def committed(self, tps: Sequence[TP]) -> dict[TP, int | None]:
        return {tp: self.held.get(tp.partition) for tp in tps}

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return {tp: self.starts.get(tp.partition, 0) for tp in tps}

    async def seek_to(self, places: Mapping[TP, int]) -> None:
        self.sought.append(places)
        self.epoch += 1
        self.holder.sought(dict.fromkeys(places, self.epoch))

    def mark_done(self, tp: TP, next_offset: int, generation: int) -> None:
        if generation == self.consumer_generation_id:
            self.done.append((tp.partition, next_offset))

    def highwater(self, tp: TP) -> int | None:
        return self.ends.get(tp.partition)

    def began(self) -> None: ...

    def ended(self) -> None: ...


class FakePart:
    """Notes what it was given. `before`: run before a chunk is taken in."""

    def __init__(self, number: int, next_offset: int, live_from: int = 0) -> None:
        self.saved = self
        self.state = self.features = self
        self.outlet = self
        self.log = self
        self.partition, self.next_offset, self.live_from = number, next_offset, live_from
        self.stream_time: int | None = 1_772_409_600_000
        self.stamp_ms: int | None = None
        self.taken: list[int] = []
        self.refused_at: int | None = None
        self.goes_back: tuple[int, int] | None = None

    @property
    def done_offset(self) -> int:
        return min(self.next_offset, self.refused_at or self.next_offset)

    def skip_to(self, offset: int) -> None:
        self.next_offset = offset

    def settle(self, chunk: RawChunk) -> None:
        assert chunk.first == self.next_offset, "only what follows may be given"
        self.taken += chunk.offsets.tolist()
        self.next_offset = chunk.last + 1
        if self.goes_back and chunk.last >= self.goes_back[0]:
            _, self.next_offset = self.goes_back
            self.goes_back, self.refused_at = None, None


def chunk(first: int, last: int, partition: int = 0, epoch: int = 1) -> RawChunk:
    offsets = np.arange(first, last + 1)
    return RawChunk(partition, first, last, [b""] * len(offsets), offsets, offsets, [None] * len(offsets), epoch=epoch)


def run(partitions: Sequence[int], story: Callable[[Assignment[Part], FakeConsumer], Awaitable[None]],
        loading: Callable[[FakeConsumer], None] = lambda _: None, keep_first_marks: bool = False,
        **held: int) -> FakeConsumer:  # fmt: skip
    """A story over an assignment of these partitions, all loaded at offset 10 and sought; held: p0=… is committed."""
    consumer = FakeConsumer(partitions)
    consumer.held = {int(name[1:]): offset for name, offset in held.items()}

    async def prepare(new: Sequence[int]) -> Any:
        loading(consumer)
        return lambda number, start: FakePart(number, max(start, 10))

    async def play() -> None:
        with ThreadPoolExecutor(1) as worker:
            log: Any = structlog.get_logger()
            assignment: Assignment[Part] = Assignment(TOPIC, prepare, worker, WorkerTelemetry(()), log)
            assignment.consumer, consumer.holder = consumer, assignment  # type: ignore[assignment]
            await assignment.rebalanced()
            await consumer.seek_to(assignment.places())
            consumer.sought.clear()
            if not keep_first_marks:
                consumer.done.clear()
            await story(assignment, consumer)

    asyncio.run(play())
    return consumer


def part_of(assignment: Assignment[Part], number: int = 0) -> Any:
    return assignment.parts[number]


def value(metric: Any) -> float:
    return float(metric._value.get())


def test_chunks_that_follow_are_taken_in_once_and_marked_done() -> None:
    """Overlapping ones give only what is new; those wholly known give nothing."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        for one in (chunk(10, 12), chunk(11, 14), chunk(10, 14), chunk(15, 15)):
            await assignment.take(one, 7)
        assert part_of(assignment).taken == [10, 11, 12, 13, 14, 15]

    assert run([0], story).done == [(0, 13), (0, 15), (0, 16)]


def test_a_chunk_that_leaves_records_out_is_not_taken_in_and_sought_again() -> None:
    """Nothing of it is marked done; chunks read before the seek are dropped, those after it go on."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        await assignment.take(chunk(12, 14), 7)
        assert consumer.sought == [{TP(TOPIC, 0): 10}]
        await assignment.take(chunk(15, 16), 7)  # was queued before the seek
        assert (part_of(assignment).taken, len(consumer.sought)) == ([], 1)
        await assignment.take(chunk(10, 16, epoch=2), 7)
        assert part_of(assignment).taken == list(range(10, 17))

    assert run([0], story).done == [(0, 17)]


def test_a_gap_that_is_there_again_after_a_seek_is_real_and_counted_as_lost() -> None:
    """The topic let records go: no loop, an error with the count, and reading goes on behind the gap."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        await assignment.take(chunk(12, 14), 7)
        with structlog.testing.capture_logs() as said:
            await assignment.take(chunk(12, 14, epoch=2), 7)
        assert part_of(assignment).taken == [12, 13, 14]
        assert value(assignment._telemetry.lost) == 2
        assert [one["records"] for one in said if one["log_level"] == "error"] == [2]

    assert run([0], story).done == [(0, 15)]


def test_a_chunk_of_another_generation_or_partition_is_dropped() -> None:
    """What was read before a rebalance, or of a partition that is no longer ours, changes nothing."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        await assignment.take(chunk(10, 12), 6)
        await assignment.take(chunk(10, 12, partition=5), 7)
        assert part_of(assignment).taken == []
        assert value(assignment._telemetry.stale_chunks) == 2

    assert run([0], story).done == []


def test_partitions_that_stay_keep_their_state_and_those_that_go_are_dropped() -> None:
    """After a rebalance only new partitions are loaded."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        stays = assignment.parts[1]
        consumer.mine = {1, 2}
        await assignment.rebalanced()
        assert assignment.parts[1] is stays
        assert set(assignment.parts) == set(assignment.heard) == {1, 2}
        assert set(assignment.places()) == {TP(TOPIC, 1), TP(TOPIC, 2)}

    run([0, 1], story)


def test_a_partition_that_goes_while_others_are_loaded_is_not_loaded() -> None:
    """A rebalance during loading is heeded before each partition."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        assert set(assignment.parts) == {0}

    run([0, 1], story, loading=lambda consumer: consumer.mine.discard(1))


def test_a_partition_is_silent_up_to_the_committed_offset() -> None:
    """What another worker has committed, it has told."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        assert part_of(assignment).live_from == 25
        consumer.held[0] = 40
        await assignment.rebalanced()
        assert part_of(assignment).live_from == 40

    run([0], story, p0=25)


def test_a_snapshot_beyond_the_commit_is_committed_though_nothing_follows() -> None:
    """What is below a snapshot is durable: a worker killed before its commit leaves no lag on a silent partition."""

    async def story(_: Assignment[Part], __: FakeConsumer) -> None: ...

    assert run([0, 1], story, keep_first_marks=True, p0=4, p1=10).done == [(0, 10)]


def test_nothing_below_the_committed_offset_is_committed_while_a_partition_catches_up() -> None:
    """An older snapshot must not bring the group's offset back, and with it the alerts told since."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        await assignment.take(chunk(10, 12), 7)
        await assignment.take(chunk(13, 30), 7)

    assert run([0], story, p0=25).done == [(0, 25), (0, 31)]


def test_what_taking_in_raises_goes_on_to_the_caller_and_nothing_is_marked_done() -> None:
    """An undelivered alert must never be committed over."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        def fail(_: RawChunk) -> None:
            raise ConnectionError

        part_of(assignment).settle = fail
        with pytest.raises(ConnectionError):
            await assignment.take(chunk(10, 12), 7)
        assert assignment.busy_since is None

    assert run([0], story).done == []


def test_a_heartbeat_is_due_where_a_partition_is_read_to_its_end_and_silent_for_a_tick() -> None:
    """Not before, not where records are left to read, and not where there never was one; then once a tick."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        consumer.ends = {0: 10, 1: 11, 2: 10}
        part_of(assignment, 2).stream_time = None
        now = max(assignment.heard.values())
        assert not list(heartbeats.due(assignment, now + 9.9))
        (one,) = heartbeats.due(assignment, now + 10.1)
        assert (one.topic, one.partition, one.key) == (TOPIC, 0, None)
        assert not list(heartbeats.due(assignment, now + 15))
        assert len(list(heartbeats.due(assignment, now + 20.2))) == 1

    run([0, 1, 2, 3], story)


def test_what_a_part_refused_is_read_again_and_not_committed_over() -> None:
    """It goes back as often as it asks for, the same place twice included; until then its offset stays below."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        for _ in range(2):
            part = part_of(assignment)
            part.refused_at, part.goes_back = 12, (16, 12)
            for first in range(part.next_offset, 17, 3):
                await assignment.take(chunk(first, first + 2, epoch=consumer.epoch), 7)
            assert consumer.sought[-1] == {TP(TOPIC, 0): 12}
            assert part.next_offset == 12

    found = run([0], story)
    assert found.sought == [{TP(TOPIC, 0): 12}] * 2
    assert max(offset for _, offset in found.done) <= 12


def test_lag_is_that_of_the_slowest_partition_with_unread_records() -> None:
    """In seconds since the newest stamp that it took in, or since it came where it has taken in none; 0 when all is
    read, however old that is.
    """

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        part_of(assignment, 0).stamp_ms, part_of(assignment, 1).stamp_ms = 900_000, 400_000
        consumer.ends = {0: 10, 1: 10}
        assert (assignment.lag(), assignment.lag_s(1_000)) == (0, 0)
        consumer.ends = {0: 12, 1: 10}
        assert (assignment.lag(), assignment.lag_s(1_000)) == (2, 100)
        consumer.ends = {0: 12, 1: 11}
        assert assignment.lag_s(1_000) == 600
        part_of(assignment, 1).stamp_ms = None
        assignment.heard[1] -= 700
        assert 700 <= assignment.lag_s(1_000) < 760

    run([0, 1], story)


def test_a_settled_chunk_is_progress() -> None:
    """The time of progress stands still until a chunk is taken in; one that is dropped is none."""

    async def story(assignment: Assignment[Part], consumer: FakeConsumer) -> None:
        shown = assignment._telemetry.delays.progress
        await assignment.take(chunk(10, 11, epoch=7), consumer.consumer_generation_id)
        assert value(shown) == 0
        await assignment.take(chunk(10, 11), consumer.consumer_generation_id)
        assert value(shown) > 1_700_000_000

    run([0], story)
