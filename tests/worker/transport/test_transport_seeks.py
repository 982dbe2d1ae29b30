"""Chunks are read ahead, but not far; after a seek the log comes again from there, without a gap."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from aiokafka import TopicPartition
from broker import Broker
from faust.types import TP
from worker.transport.member import Member, joined, new_group, numbered, until, written

from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.consumer import QUEUED_CHUNKS

BATCHES = 60
BACK = {20: 5, 21: 20, 40: 0, 59: 30}
"""At the first chunk with this offset the log is to come again from that one."""


class Restless(Member):
    """Goes back where BACK says so, without taking the chunk."""

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.left = dict(BACK)
        self.told: list[Mapping[TP, int]] = []

    def sought(self, epochs: Mapping[TP, int]) -> None:
        super().sought(epochs)
        self.told.append(epochs)

    async def _work(self, chunk: RawChunk, generation: int) -> None:
        place = self.left.pop(chunk.last, None)
        if place is None:
            return await super()._work(chunk, generation)
        self.next[0] = place
        await self.consumer.seek_to({TP(self.topic, 0): place})


@pytest.mark.usefixtures("small_chunks")
def test_after_a_seek_the_log_comes_again_from_there(any_broker: Broker) -> None:
    """Back and back again while chunks are queued: those are of an older epoch, the others leave nothing out."""
    topic = any_broker.topic("seeks")
    member = Restless(topic)

    async def story() -> None:
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(BATCHES)}, each=True)
        async with joined(any_broker, member, new_group()):
            await until(lambda: not member.left and member.next[0] == BATCHES, "for the end")

    asyncio.run(story())
    expected = [*range(20), *range(5, 21), *range(20, 40), *range(59), *range(30, 60)]
    assert (member.offsets(), member.gaps) == (expected, [])
    epochs = [epoch for told in member.told for epoch in told.values()]
    assert all(before < after for before, after in pairwise(epochs))
    assert all(chunk.epoch < member.epochs[0] for chunk in member.stale)
    assert [chunk.epoch for chunk in member.chunks] == sorted(chunk.epoch for chunk in member.chunks)


@pytest.mark.usefixtures("small_chunks")
def test_slow_work_holds_reading_back_and_lets_it_go_on(any_broker: Broker) -> None:
    """While a chunk is worked on no more than QUEUED_CHUNKS and the one in hand are read; then there is no stall."""
    topic = any_broker.topic("slow-work")
    member, go_on, taken_at = Member(topic), asyncio.Event(), list[float]()

    def position() -> int:
        consumer: Any = member.consumer.thread
        return int(
            consumer._consumer._subscription.subscription.assignment.state_value(TopicPartition(topic, 0)).position
        )

    async def slow(_: RawChunk) -> None:
        await go_on.wait()
        taken_at.append(time.monotonic())

    async def story() -> None:
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(BATCHES)}, each=True)
        member.during = slow
        async with joined(any_broker, member, new_group()):
            await until(lambda: position() > 1, "for a chunk read ahead")
            watched = time.monotonic() + 1
            while time.monotonic() < watched:
                assert position() <= 1 + QUEUED_CHUNKS + 1
                await asyncio.sleep(0.02)
            go_on.set()
            await until(lambda: len(member.chunks) == BATCHES, "for the rest")

    asyncio.run(story())
    assert member.offsets() == list(range(BATCHES))
    assert max(after - before for before, after in pairwise(taken_at)) < 1


@pytest.mark.usefixtures("small_chunks")
def test_an_idle_partition_and_a_busy_one_do_not_wait_for_each_other(any_broker: Broker) -> None:
    """A record for the idle one comes among the busy one's chunks, not after them; alone, each comes at once."""
    topic = any_broker.topic("idle-busy", 2)
    member, waited = Member(topic), list[float]()

    async def slow(_: RawChunk) -> None:
        await asyncio.sleep(0.05)  # the work takes its time

    def there(count: int) -> bool:
        return len(member.values(0)) == count

    async def one_by_one() -> None:
        for at in range(3):
            asked = time.monotonic()
            await asyncio.to_thread(written, any_broker, topic, {0: numbered(1, start=at)})
            await until(partial(there, at + 1), "for one record")
            waited.append(time.monotonic() - asked)

    async def among() -> None:
        member.during = slow
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(30, start=3)}, each=True)
        await asyncio.to_thread(written, any_broker, topic, {1: numbered(1, 1)})
        await until(lambda: member.values(1) and len(member.values(0)) == 33, "for all")

    async def story() -> None:
        async with joined(any_broker, member, new_group()):
            await one_by_one()
            await among()

    asyncio.run(story())
    assert sorted(waited)[len(waited) // 2] < 1.0  # the mock answers a fetch at the end of its wait
    turn = [chunk.partition for chunk in member.chunks].index(1)
    assert turn < len(member.chunks) - 1
