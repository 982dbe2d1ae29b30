"""The partitions this worker has: loaded when they come, dropped when they go, each chunk guarded by its offsets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Generic, Protocol, TypeVar

from aiokafka.errors import IllegalStateError
from faust.types import TP
from structlog.typing import FilteringBoundLogger

from streams.log_events import LogEvent
from streams.telemetry import WorkerTelemetry
from streams.tracing import span
from streams.worker.outlet import QuietOutlet
from streams.worker.part import Log
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.consumer import ChunkConsumer


class Working(Protocol):
    """One partition at work."""

    log: Log
    outlet: QuietOutlet

    @property
    def next_offset(self) -> int:
        """Where its log is read on."""

    @property
    def done_offset(self) -> int:
        """Below it all effects are durable; at most `next_offset`."""

    def settle(self, raw: RawChunk) -> None:
        """Take in a chunk that begins at `next_offset`, which may then lie before its end: read again from there."""

    @property
    def stamp_ms(self) -> int | None:
        """The newest stamp taken in (ms since 1970), None where none is known."""

    def skip_to(self, offset: int) -> None:
        """Go on further on: what lies between is lost."""

    def keep(self) -> None:
        """Snapshot now."""


P = TypeVar("P", bound=Working)

Make = Callable[[int, int], P]
"""A partition's part, loaded: its number, and the first offset that its log still has. Blocks."""

Prepare = Callable[[Sequence[int]], Awaitable[Make[P]]]
"""Gets ready what is needed to load these partitions."""


class Assignment(Generic[P]):
    """Holds the parts. All but their work happens in the loop; one chunk at a time is worked on.

    consumer: set before anything is assigned. heard: when each partition last brought a record, by a monotonic clock.
    """

    consumer: ChunkConsumer

    def __init__(self, topic: str, prepare: Prepare[P], worker: Executor, telemetry: WorkerTelemetry,
                 log: FilteringBoundLogger) -> None:  # fmt: skip
        self.topic, self._prepare, self._worker, self._telemetry, self._log = topic, prepare, worker, telemetry, log
        self.parts: dict[int, P] = {}
        self.heard: dict[int, float] = {}
        self.busy_since: float | None = None
        self.ready = False
        self._epochs: dict[int, int] = {}
        self._sought_for: dict[int, int] = {}

    def _mine(self) -> set[int]:
        return {tp.partition for tp in self.consumer.assignment() if tp.topic == self.topic}

    async def rebalanced(self) -> None:
        """Load what came and drop what went; partitions that stay keep their state."""
        self.ready = False
        self._drop(set(self.parts) - self._mine())
        tps = [TP(self.topic, number) for number in sorted(self._mine())]
        new = sorted(self._mine() - set(self.parts))
        committed = await self.consumer.committed(tps)
        await self._load(new)
        self._drop(set(self.parts) - self._mine())
        for number, part in self.parts.items():
            known = committed.get(TP(self.topic, number)) or 0
            part.outlet.live_from = max(part.outlet.live_from, known, part.done_offset)
            if part.outlet.live_from > known:  # its snapshot was kept, and the commit after it was not
                self._mark_done(part, self.consumer.app.consumer_generation_id)
        self._telemetry.partitions.set(len(self.parts))
        self.ready = True
        self._log.info(LogEvent.ASSIGNED, partitions=len(self.parts), new=len(new))
        if not self.parts:
            self._log.warning(LogEvent.NOTHING_TO_DO, topic=self.topic)

    async def _load(self, new: Sequence[int]) -> None:
        if not new:
            return
        starts = await self.consumer.earliest_offsets(*[TP(self.topic, number) for number in new])
        make = await self._prepare(new)
        loop = asyncio.get_running_loop()
        for number in new:
            if number in self._mine():  # another rebalance may have begun meanwhile
                part = await loop.run_in_executor(self._worker, make, number, starts[TP(self.topic, number)])
                self.parts[number], self.heard[number] = part, time.monotonic()

    def _drop(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            del self.parts[number], self.heard[number]
            self._epochs.pop(number, None)
            self._telemetry.steps.given_up(number)

    def places(self) -> Mapping[TP, int]:
        return {TP(self.topic, number): part.next_offset for number, part in self.parts.items()}

    def sought(self, epochs: Mapping[TP, int]) -> None:
        self._epochs.update({tp.partition: epoch for tp, epoch in epochs.items()})

    async def take(self, chunk: RawChunk, generation: int) -> None:
        """Work on a chunk, unless it is not what follows. Raises what its effects raise."""
        self.consumer.began()
        self.busy_since = time.monotonic()
        try:
            part = self.parts.get(chunk.partition)
            current = generation == self.consumer.app.consumer_generation_id
            if part is None or not current or chunk.epoch != self._epochs.get(chunk.partition):
                self._telemetry.stale_chunks.inc()
            elif chunk.last >= part.next_offset and await self._follows(chunk, part):
                await self._settle(chunk, part, generation)
        finally:
            self.busy_since = None
            self.consumer.ended()

    async def _settle(self, chunk: RawChunk, part: P, generation: int) -> None:
        if len(chunk.values):
            self.heard[chunk.partition] = time.monotonic()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._worker, self._settle_here, part, chunk.since(part.next_offset))
        self._sought_for.pop(chunk.partition, None)
        self._telemetry.delays.progressed()
        self._mark_done(part, generation)
        if part.next_offset <= chunk.last:
            await self._seek(chunk.partition, part.next_offset)

    def _settle_here(self, part: P, raw: RawChunk) -> None:
        with span("chunk", topic=self.topic, partition=raw.partition, records=len(raw.values), first_offset=raw.first):
            part.settle(raw)

    def _mark_done(self, part: P, generation: int) -> None:
        # While it catches up, what others have committed stays committed.
        done = max(part.done_offset, part.outlet.live_from)
        self.consumer.mark_done(TP(self.topic, part.log.partition), done, generation)

    async def _follows(self, chunk: RawChunk, part: P) -> bool:
        """Whether nothing lies between the part's place and the chunk. A gap is sought once, then believed."""
        place, number = part.next_offset, chunk.partition
        if chunk.first <= place:
            return True
        if self._sought_for.get(number) == place:
            self._lost(part, chunk.first)
            return True
        self._sought_for[number] = place
        self._telemetry.seeks.inc()
        await self._seek(number, place)
        return False

    async def _seek(self, number: int, place: int) -> None:
        try:
            await self.consumer.seek_to({TP(self.topic, number): place})
        except IllegalStateError:
            self._telemetry.stale_chunks.inc()  # revoked meanwhile

    def _lost(self, part: P, first: int) -> None:
        lost = first - part.next_offset
        self._telemetry.lost.inc(lost)
        self._log.error(LogEvent.RECORDS_LOST, topic=self.topic, partition=part.log.partition, records=lost)
        part.skip_to(first)

    async def keep_all(self, budget_s: float) -> None:
        """Snapshot every partition, one after the other, as long as there is time."""
        loop, until = asyncio.get_running_loop(), time.monotonic() + budget_s
        for part in list(self.parts.values()):
            if time.monotonic() < until:
                await loop.run_in_executor(self._worker, part.keep)

    def lag(self) -> int:
        """Records not yet taken in, as far as known."""
        return sum(max((self.end(number) or 0) - part.next_offset, 0) for number, part in self.parts.items())

    def lag_s(self, now_s: float) -> float:
        """Of the slowest partition with unread records, how long ago its newest record was stamped (s); 0: all read.

        Where it has brought no record yet, how long it has been here. now_s: since 1970.
        """
        late = [self._late_s(number, part, now_s) for number, part in self.parts.items()
                if (self.end(number) or 0) > part.next_offset]  # fmt: skip
        return max(late, default=0.0)

    def _late_s(self, number: int, part: P, now_s: float) -> float:
        stamp = part.stamp_ms
        return max(now_s - stamp / 1000 if stamp is not None else time.monotonic() - self.heard[number], 0.0)

    def end(self, number: int) -> int | None:
        """What the next record of a partition will be numbered, None where not yet known."""
        try:
            found: int | None = self.consumer.highwater(TP(self.topic, number))
        except (IllegalStateError, AssertionError):
            return None
        return found
