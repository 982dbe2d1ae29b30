"""A member of a group on the chunk transport, whose holder notes what it was given and works as a test says."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka.errors import IllegalStateError
from broker import Broker
from faust.types import TP
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.worker.connection import KafkaSettings
from streams.worker.faust_app import faust_app
from streams.worker.names import Names
from streams.worker.settings import WorkerSettings
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.consumer import ChunkConsumer

DEADLINE_S = 30.0


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait until it holds; fails with what was waited for where it does not in time."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain {what}"
        await asyncio.sleep(0.01)


class Member:
    """Follows each partition from the group's offset, else from `starts`, else 0; marks done what it has taken.

    during: awaited for each chunk before it counts as taken; marks: whether anything is marked done.
    chunks: those taken; stale: those of another epoch or generation; gaps: (place, chunk's first).
    commit_s: how often it commits, in seconds.
    """

    app: Any
    commit_s = 0.2

    def __init__(self, topic: str, starts: Mapping[int, int] | None = None) -> None:
        self.topic, self.marks, self._starts = topic, True, dict(starts or {})
        self.during: Callable[[RawChunk], Awaitable[None]] = _nothing
        self.next: dict[int, int] = {}
        self.epochs: dict[int, int] = {}
        self.chunks: list[RawChunk] = []
        self.stale: list[RawChunk] = []
        self.gaps: list[tuple[int, int]] = []
        self.failures: list[BaseException] = []
        self.rebalances = 0

    @property
    def consumer(self) -> ChunkConsumer:
        consumer: ChunkConsumer = self.app.consumer
        return consumer

    def mine(self) -> list[int]:
        """The partitions it has."""
        with suppress(IllegalStateError, AssertionError):
            return sorted(tp.partition for tp in self.consumer.assignment())
        return []

    async def rebalanced(self, *_: object, **__: object) -> None:
        tps = [TP(self.topic, number) for number in self.mine()]
        held = await self.consumer.committed(tps)
        self.next = {tp.partition: held[tp] or self._starts.get(tp.partition, 0) for tp in tps}
        self.rebalances += 1

    def places(self) -> Mapping[TP, int]:
        return {TP(self.topic, number): place for number, place in self.next.items()}

    def sought(self, epochs: Mapping[TP, int]) -> None:
        self.epochs.update({tp.partition: epoch for tp, epoch in epochs.items()})

    async def take(self, chunk: RawChunk, generation: int) -> None:
        self.consumer.began()
        try:
            if generation == self.app.consumer_generation_id and chunk.epoch == self.epochs.get(chunk.partition):
                await self._work(chunk, generation)
            else:
                self.stale.append(chunk)
        finally:
            self.consumer.ended()

    async def _work(self, chunk: RawChunk, generation: int) -> None:
        await self.during(chunk)
        if chunk.first > self.next[chunk.partition]:
            self.gaps.append((self.next[chunk.partition], chunk.first))
        self.next[chunk.partition] = chunk.last + 1
        self.chunks.append(chunk)
        if self.marks:
            self.consumer.mark_done(TP(self.topic, chunk.partition), chunk.last + 1, generation)

    def values(self, partition: int = 0) -> list[bytes]:
        """What was taken of a partition, in the order it came."""
        return [value for chunk in self.chunks if chunk.partition == partition for value in chunk.values]

    def offsets(self, partition: int = 0) -> list[int]:
        """The offsets of that."""
        return [int(at) for chunk in self.chunks if chunk.partition == partition for at in chunk.offsets]


async def _nothing(_: RawChunk) -> None:
    """A chunk is worked on in no time."""


def new_group() -> str:
    """A group that nobody has used."""
    return f"group-{uuid.uuid4().hex[:12]}"


@asynccontextmanager
async def joined(broker: Broker, member: Member, group: str, **told: Any) -> AsyncIterator[Member]:
    """The member at work; told: what WorkerSettings takes."""
    kafka = KafkaSettings(bootstrap=broker.bootstrap)
    worker = WorkerSettings(**{"session_s": 6.0, "drain_s": 3.0, "produce_s": 10.0} | told)
    names = Names(events=member.topic, group=group)
    member.app = app = faust_app(kafka, names, worker, member, member.take, member.failures.append)
    app.consumer.commit_interval = member.commit_s
    app.on_rebalance_complete.connect(member.rebalanced, weak=False)
    await app.start()
    try:
        await until(lambda: member.rebalances, "for partitions")
        yield member
    finally:
        async with asyncio.timeout(DEADLINE_S):
            await app.stop()


def written(broker: Broker, topic: str, values: Mapping[int, Sequence[bytes]], each: bool = False,
            **options: Any) -> None:  # fmt: skip
    """Produce these values to these partitions, and wait until the broker has them. each: in a batch of its own."""
    options |= {"batch_size": 0} if each else {}
    producer = KafkaProducer(**broker.client, **options)
    try:
        sent = [producer.send(topic, value, partition=number) for number, some in values.items() for value in some]
        producer.flush(DEADLINE_S)
        for one in sent:
            one.get(timeout=DEADLINE_S)
    finally:
        producer.close()


def held(broker: Broker, topic: str, group: str, partition: int = 0) -> int | None:
    """The group's committed offset, as another client sees it."""
    consumer = KafkaConsumer(**broker.client, group_id=group, enable_auto_commit=False)
    try:
        found = consumer.committed(TopicPartition(topic, partition))
    finally:
        consumer.close()
    return None if found is None or found < 0 else int(found)


def numbered(count: int, partition: int = 0, start: int = 0) -> list[bytes]:
    """Values that say where they belong."""
    return [b"%d/%d" % (partition, at) for at in range(start, start + count)]
