"""Events from files into a topic: their bytes as they are, keyed by account, every result awaited."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streams.local.blocks import Unreadable
from streams.local.lane import RunsBackwards
from streams.worker.connection import KafkaSettings
from streams.worker.produce.closing import Closing, heartbeat
from streams.worker.produce.filed import Filed, FiledSource
from streams.worker.produce.idempotent import producer_of, why
from streams.worker.produce.keyed import batches, partitioned
from streams.worker.produce.pace import Pace
from streams.worker.topics.target import Target

_SLICES_ON_THE_WAY = 4

Heard = Callable[[int, Filed], None]
"""Hears how many events are acknowledged, and of the part of the files they are from."""


@dataclass(frozen=True)
class Standing:
    """What lies in the topic for good: all events before `resume` (`--skip`); of `beyond` after it nobody knows."""

    resume: int
    acknowledged: int
    beyond: int


class Interrupted(Exception):
    """A produce that did not come to its end: why, and how it stands."""

    def __init__(self, standing: Standing, why: str) -> None:
        super().__init__(why)
        self.standing = standing


@dataclass
class Produced:
    """What came of it: events acknowledged, and skipped at first; closed_at: the closing heartbeats' stamp (ms)."""

    acknowledged: int = 0
    skipped: int = 0
    closed_at: int | None = None


@dataclass
class _Slice:
    """Records sent together; batches: how many are in each, and what becomes of it."""

    filed: Filed
    events: int
    batches: list[tuple[int, asyncio.Future[object]]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every record was handed over."""
        return sum(count for count, _ in self.batches) == self.events


class Producing:
    """The one way of files into a topic. skip: how many events not to send, from the beginning.

    stop: asks it to end in between.
    """

    def __init__(self, kafka: KafkaSettings, target: Target, source: FiledSource, pace: Pace, skip: int, heard: Heard,
                 stop: asyncio.Event) -> None:  # fmt: skip
        self._kafka, self._target, self._source, self._pace, self._skip = kafka, target, source, pace, skip
        self._heard, self._stop, self._patience_s = heard, stop, kafka.patience_s
        self._produced, self._sent = Produced(), 0
        self._way: deque[_Slice] = deque()

    async def run(self) -> Produced:
        """All of it. Raises Interrupted, or KafkaRefused where nothing was begun."""
        async with producer_of(self._kafka) as producer:
            try:
                return await self._run(producer)
            except KafkaError as error:
                raise Interrupted(await self._counted(), why(error, self._target.name, self._kafka)) from None
            except (Unreadable, RunsBackwards) as error:
                raise Interrupted(await self._counted(), str(error)) from None

    async def _run(self, producer: AIOKafkaProducer) -> Produced:
        closing = Closing()
        while (filed := await asyncio.to_thread(self._source.poll)) is not None:
            closing.observe(filed.frame)
            await self._send(producer, filed)
        await self._arrived(0)
        if self._target.history and closing.stamp is not None:
            await self._close(producer, closing.stamp)
        return self._produced

    async def _close(self, producer: AIOKafkaProducer, stamp: int) -> None:
        """A closing heartbeat into every partition."""
        await self._answered([
            await producer.send(self._target.name, heartbeat(stamp), partition=partition, timestamp_ms=stamp)
            for partition in range(self._target.partitions)
        ])  # fmt: skip
        self._produced.closed_at = stamp

    async def _send(self, producer: AIOKafkaProducer, filed: Filed) -> None:
        """Those records of a part that are to go, slice by slice."""
        skipped = min(self._skip - self._produced.skipped, filed.frame.height)
        self._produced.skipped += skipped
        frame = partitioned(filed.frame[skipped:], self._target.partitions, self._produced.skipped + self._sent)
        for rows in frame.iter_slices(self._pace.at_once):
            await self._due()
            one = _Slice(filed, rows.height)
            self._way.append(one)
            for partition, count, batch in batches(producer, rows, self._target.history):
                on_its_way = await producer.send_batch(batch, self._target.name, partition=partition)
                one.batches.append((count, on_its_way))
            self._sent += rows.height
            await self._arrived(_SLICES_ON_THE_WAY)

    async def _due(self) -> None:
        """Wait until the next events may go. Raises Interrupted where somebody asks to stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), self._pace.wait_s(self._sent))
        if self._stop.is_set():
            raise Interrupted(await self._counted(), "stopped, as asked")

    async def _arrived(self, most: int) -> None:
        """Wait until at most so many slices are on their way. Raises KafkaError where one does not arrive."""
        while len(self._way) > most:
            if not self._way[0].is_whole:
                raise KafkaTimeoutError
            await self._answered([one for _, one in self._way[0].batches])
            done = self._way.popleft()
            self._produced.acknowledged += done.events
            self._heard(self._produced.acknowledged, done.filed)

    async def _answered(self, sent: list[asyncio.Future[object]]) -> None:
        """Wait for results, and no longer than patience lasts: an idempotent producer itself would try for ever."""
        _, silent = await asyncio.wait(sent, timeout=self._patience_s)
        if silent:
            self._patience_s = 0.0  # it is lost already
            raise KafkaTimeoutError
        for one in sent:
            one.result()

    async def _counted(self) -> Standing:
        """Wait for what is on its way, and tell how much has arrived."""
        with suppress(KafkaError):
            await self._arrived(0)
        left = [one for slice in self._way for one in slice.batches]
        for _, one in left:
            one.cancel()  # nobody asks for it any more
        self._way.clear()
        return Standing(
            self._produced.skipped + self._produced.acknowledged,
            self._produced.acknowledged,
            sum(count for count, _ in left),
        )
