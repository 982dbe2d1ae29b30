"""The step over what a topic still holds, partition after partition, as a worker would take it in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import polars as pl
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from detectors.alert import Alert
from streams.dead_letters import Buried, Reason
from streams.history.replay import Hear, Span, Tell, reach_ms
from streams.history.summary import Summary
from streams.log_events import in_words
from streams.pack import Pack
from streams.runner import Chunk, Limits
from streams.settings import Settings
from streams.telemetry import WorkerTelemetry
from streams.worker.connection import KafkaRefused, KafkaSettings, client_options
from streams.worker.history.fetching import between
from streams.worker.log import HISTORY_AHEAD_MS, LIVE_AHEAD_MS
from streams.worker.packs.known import Packs
from streams.worker.packs.topic import PackTopic, Publication, in_force
from streams.worker.part import Log, Part
from streams.worker.topics.refusals import refused
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.fetching import fetched

_NEVER = 10.0**12
_FETCH_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Side:
    """A pack for the whole of it; or, where `ordered`, the pack to begin with: those the log orders are taken up."""

    pack: Pack
    tell: Tell
    ordered: bool = False


class TopicReplay:
    """Reads from a topic and writes nowhere. key: what packs are signed with, None where none is taken up; told: hears
    of packs taken up, in words.

    Records from before the span are read as far back as the longest window reaches, so that windows are full by then.
    """

    def __init__(self, kafka: KafkaSettings, topic: str, history: bool, sides: Sequence[Side], packs: PackTopic,
                 settings: Settings, span: Span, key: bytes | None, told: Callable[[str], None]) -> None:  # fmt: skip
        self.summary, self._told = Summary(), told
        self._kafka, self._topic, self._sides, self._settings, self._span = kafka, topic, sides, settings, span
        self._ahead_ms, self._pack_topic, self._key = HISTORY_AHEAD_MS if history else LIVE_AHEAD_MS, packs, key
        self._telemetry = WorkerTelemetry(())

    def run(self, hear: Hear) -> None:
        """To the end of the span, or to where the topic ended when it began; `hear` is given every chunk.

        A chunk's `done` and `total` count records. Raises KafkaRefused, UnknownPack.
        """
        try:
            asyncio.run(self._run(hear))
        except KafkaError as error:
            raise refused(error, self._kafka, f"read {self._topic}") from None

    async def _run(self, hear: Hear) -> None:
        self._heard = hear
        consumer = AIOKafkaConsumer(**client_options(self._kafka), enable_auto_commit=False,
                                    isolation_level="read_committed", max_partition_fetch_bytes=_FETCH_BYTES,
                                    auto_offset_reset="earliest")  # fmt: skip
        await consumer.start()
        try:
            bounds = await self._bounds(consumer)
            self._total, self._done = sum(end - first for first, end in bounds.values()), 0
            packs = [await asyncio.to_thread(self._packs, side) for side in self._sides]
            for tp, (first, end) in bounds.items():
                log = Log(self._topic, tp.partition, len(bounds), self._ahead_ms)
                parts = [self._part(side, *known, log, first) for side, known in zip(self._sides, packs, strict=True)]
                async for chunk in _chunks(consumer, tp, first, end):
                    self._done += chunk.last + 1 - chunk.first
                    for part in parts:
                        await asyncio.to_thread(part.settle, chunk)
        finally:
            await consumer.stop()

    async def _bounds(self, consumer: AIOKafkaConsumer) -> Mapping[TopicPartition, tuple[int, int]]:
        numbers = await consumer._client.fetch_all_metadata()
        found = numbers.partitions_for_topic(self._topic)
        if not found:
            raise KafkaRefused(f"there is no topic {self._topic}: check the name (tipstaff topics plan lists ours)")
        tps = [TopicPartition(self._topic, number) for number in sorted(found)]
        since = self._span.since
        if since is not None:
            since = max(since - max(reach_ms(side.pack.catalog) for side in self._sides), 0)
        return await between(consumer, tps, since, self._span.until)

    def _packs(self, side: Side) -> tuple[Packs, Sequence[Publication]]:
        """The packs that a side may come to, and where they were ordered."""
        began = self._pack_topic.began_with() if side.ordered else None
        publications = self._pack_topic.publications() if side.ordered else ()
        return Packs(side.pack, self._pack_topic.fetch, self._settings, began), publications

    def _part(self, side: Side, packs: Packs, publications: Sequence[Publication], log: Log, first: int) -> Part:
        saved, pipeline = packs.anew(in_force(publications, log.partition, first), first)
        limits = Limits(self._settings.max_bad_share, snapshot_every_s=_NEVER, first_snapshot_s=_NEVER)
        shelf: Any = None  # nothing is ever kept
        key = self._key if side.ordered else None
        part = Part(log, pipeline, saved, Nowhere(), shelf, packs, self._telemetry, time.monotonic, limits, key,
                    lambda event, **fields: self._told(in_words(event, **fields)))  # fmt: skip
        part.hear = partial(self._hear, side)
        return part

    def _hear(self, side: Side, chunk: Chunk, alerts: Sequence[Alert]) -> None:
        side.tell([alert for alert in alerts if self._span.holds(alert.time)])
        if side is self._sides[0]:
            dead = [one for one in chunk.dead if side.ordered or one.reason != Reason.UNSIGNED_CONTROL]
            self.summary.add(chunk.events["stamp"], dead, 0)
            self._heard(replace(chunk, done=self._done, total=self._total))


class Nowhere:
    """An outlet for alerts that are told otherwise."""

    live_from = 0
    pack = ""

    def take(self, ties: pl.DataFrame) -> Sequence[Alert]:
        del ties  # partitions are read one after the other: no cluster is whole before the last
        return ()

    def emit(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> Sequence[Alert]:
        del dead
        return alerts

    def marks(self) -> Mapping[str, int]:
        return {}


async def _chunks(consumer: AIOKafkaConsumer, tp: TopicPartition, first: int, end: int) -> AsyncIterator[RawChunk]:
    """One partition's log from an offset up to another."""
    consumer.assign([tp])
    consumer.seek(tp, first)
    at = first
    while at < end:
        for chunk in (await fetched(consumer, [tp], timeout=1.0)).values():
            at = chunk.last + 1
            yield chunk.until(end)
