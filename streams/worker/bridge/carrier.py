"""One source's way: poll, cross, write, wait for every result, commit; and hold on while something is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    RebalanceInProgressError,
)

from streams.log_events import LogEvent
from streams.sparing import Sparing
from streams.tracing import span
from streams.worker.bridge.clients import MOST_RECORDS, close_producer, consuming, in_words, look, open_producer
from streams.worker.bridge.crossing import Crossed, Crossing
from streams.worker.bridge.parcels import NotDelivered, Rows, deliver, rows_of
from streams.worker.bridge.sources import BridgeSource
from streams.worker.bridge.standing import Standing
from streams.worker.bridge.stopping import Stopped, unless
from streams.worker.bridge.telemetry import BridgeTelemetry
from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.names import Names

_POLL_MS, _PATIENCE_S = 500, 45.0
_SILENT, _LOOK_EVERY = 6, 20  # polls
_Polled = Mapping[TopicPartition, Sequence[ConsumerRecord]]


@dataclass
class Carrier:
    """Carries one source's records for as long as nobody asks to stop; what goes wrong holds this source alone."""

    source: BridgeSource
    names: Names
    target: KafkaSettings
    crossing: Crossing
    standing: Standing
    telemetry: BridgeTelemetry
    stop: asyncio.Event
    _producer: AIOKafkaProducer | None = field(default=None, init=False)
    _reached: dict[TopicPartition, int] = field(default_factory=dict, init=False)
    _owed: dict[TopicPartition, int] = field(default_factory=dict, init=False)
    _dead: Sparing = field(init=False)

    def __post_init__(self) -> None:
        self._dead = Sparing(time.monotonic, self._say)

    @property
    def group(self) -> str:
        """The consumer group whose offsets tell how far the source is."""
        return f"{self.names.group}-bridge-{self.source.name}"

    async def run(self) -> None:
        """Until somebody asks to stop."""
        try:
            while not self.stop.is_set():
                try:
                    await self._carry()
                except Stopped:
                    return
                except Exception as error:  # whatever it is, the other sources go on
                    await self._hold(error, self.source.brokers)
        except Stopped:
            return
        finally:
            await self._without_producer()

    async def _carry(self) -> None:
        await self._writing()
        self._reached.clear()
        self._owed.clear()
        idle = 0
        async with consuming(self.source, self.group) as consumer:
            while True:
                polled = await self._polled(consumer)
                idle = 0 if polled else idle + 1
                if polled:
                    await self._settle(polled)
                elif idle % _LOOK_EVERY == 0:
                    await look(consumer, self.source)  # it stays silent where brokers or the topic are gone
                await self._commit(consumer)
                self._show(consumer, proven=bool(polled) or idle >= _SILENT)

    async def _polled(self, consumer: AIOKafkaConsumer) -> _Polled:
        try:
            work = consumer.getmany(timeout_ms=_POLL_MS, max_records=MOST_RECORDS)
            return await unless(self.stop, work, _PATIENCE_S)
        except NoOffsetForPartitionError as error:
            await self._begin(consumer, error.args[0], None)
        except OffsetOutOfRangeError as error:
            for place, offset in error.args[0].items():
                await self._begin(consumer, place, offset)
        except TimeoutError:
            raise KafkaRefused(f"the group {self.group} gives no partitions within {_PATIENCE_S:g} s") from None
        return {}

    async def _begin(self, consumer: AIOKafkaConsumer, place: TopicPartition, wanted: int | None) -> None:
        """Go to the beginning of a partition: of a new one, or of one whose records are gone, which is said."""
        first = (await consumer.beginning_offsets([place]))[place]
        if wanted is not None:
            lost = max(first - wanted, 0)
            self.telemetry.lost.labels(self.source.name).inc(lost)
            self._say_gone(place.partition, wanted, first, lost)
        consumer.seek(place, first)

    def _say_gone(self, partition: int, wanted: int, first: int, lost: int) -> None:
        log, name = self.standing.log, self.source.name
        if lost:
            log.warning(LogEvent.SOURCE_RECORDS_GONE, source=name, partition=partition, offset=wanted, first=first,
                        lost=lost)  # fmt: skip
        else:
            log.warning(LogEvent.SOURCE_MADE_ANEW, source=name, partition=partition, offset=wanted, first=first)

    async def _settle(self, polled: _Polled) -> None:
        """Cross and write; what is known to be written is owed to the group."""
        with span("parcel", source=self.source.name, records=sum(map(len, polled.values()))):
            await self._carried(polled)

    async def _carried(self, polled: _Polled) -> None:
        crossed = [await asyncio.to_thread(self.crossing.cross, place.partition, records)
                   for place, records in polled.items()]  # fmt: skip
        await self._delivered(crossed)
        reached = {place: records[-1].offset + 1 for place, records in polled.items()}
        self._reached |= reached
        self._owed |= reached
        self.telemetry.settled(self.source.name, crossed)
        self._say_dead(crossed)

    def _say_dead(self, crossed: Sequence[Crossed]) -> None:
        for one in crossed:
            for reason, records in one.reasons.items():
                self._dead.count(reason, records, reason=reason)
        self._dead.look()

    def _say(self, records: int, reason: str) -> None:
        self.standing.log.warning(LogEvent.DEAD_LETTERS, source=self.source.name, reason=reason, records=records)

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        """What is written and not yet committed; while the group moves partitions it is tried at the next poll."""
        mine = consumer.assignment()
        lost = [place for place in self._owed if place not in mine]
        self._owed = {place: offset for place, offset in self._owed.items() if place in mine}
        if lost:
            self.standing.log.warning(LogEvent.SOURCE_MOVED, source=self.source.name,
                                      partitions=sorted(place.partition for place in lost))  # fmt: skip
        if not self._owed:
            return
        with suppress(CommitFailedError, IllegalStateError, RebalanceInProgressError):
            await consumer.commit(self._owed)
            self._owed = {}

    async def _delivered(self, crossed: Sequence[Crossed]) -> None:
        """Write until every result has come; only what is not known to have arrived is written again."""
        rows: Rows = rows_of(crossed, self.names)
        while rows:
            producer = await self._writing()
            try:
                await deliver(producer, rows)
                return
            except NotDelivered as failed:
                rows = failed.rows
                await self._undelivered(failed.cause, failed.batches, failed.topic)

    async def _writing(self) -> AIOKafkaProducer:
        """A producer that is open, however long that takes. Raises Stopped."""
        while self._producer is None:
            try:
                self._producer = await unless(self.stop, open_producer(self.target, self.names), _PATIENCE_S)
            except Stopped:
                raise
            except Exception as error:  # whatever it is, nothing has been sent
                await self._undelivered(error, 1, self.names.events)
        return self._producer

    async def _undelivered(self, error: BaseException, batches: int, topic: str) -> None:
        self.telemetry.produce_failures.labels(self.source.name).inc(batches)
        await self._without_producer()  # after a failure an idempotent one may refuse everything
        await self._hold(error, self.target, f"{topic} cannot be written to: ")

    async def _hold(self, error: BaseException, brokers: KafkaSettings, what: str = "") -> None:
        """Say why, and wait. Raises Stopped."""
        wait = self.standing.fall(what + await in_words(error, brokers))
        try:
            await asyncio.wait_for(self.stop.wait(), wait)
        except TimeoutError:
            return
        raise Stopped

    async def _without_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_producer(producer)

    def _show(self, consumer: AIOKafkaConsumer, proven: bool) -> None:
        self.standing.move()
        if proven:  # what cannot be read or written shows at the second poll
            self.standing.rise()
        lag = sum(max((consumer.highwater(place) or 0) - self._reached[place], 0)
                  for place in consumer.assignment() if place in self._reached)  # fmt: skip
        self.telemetry.lag.labels(self.source.name).set(lag)
