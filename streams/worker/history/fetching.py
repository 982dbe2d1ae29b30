"""A topic's partitions fetched between two moments, with no group: nothing is committed, no worker is disturbed."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.worker.connection import KafkaRefused, KafkaSettings, client_options
from streams.worker.history.looping import Run, looping
from streams.worker.history.merging import Bounds
from streams.worker.quieting import quietly
from streams.worker.topics.refusals import refused
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.fetching import fetched

T = TypeVar("T")

_WAIT_S = 1.0
_FETCH_BYTES, _LEAST_BYTES = 16 * 2**20, 64 * 2**10
"""Of all partitions together, and of one at least: what waits to be merged is this much, unpacked."""


class Fetching:
    """The records of a topic's partitions. Raises KafkaRefused wherever it reads."""

    def __init__(self, consumer: AIOKafkaConsumer, run: Run, kafka: KafkaSettings, topic: str) -> None:
        self._consumer, self._run, self._kafka, self._topic = consumer, run, kafka, topic

    def bounds(self, partitions: int, since: int | None, until: int | None) -> Bounds:
        """From where to where to read: between two stamps (ms), and not beyond what is committed now."""
        return self._asked(self._bounds(partitions, since, until))

    async def _bounds(self, partitions: int, since: int | None, until: int | None) -> Bounds:
        tps = [TopicPartition(self._topic, one) for one in range(partitions)]
        found = await between(self._consumer, tps, since, until)
        self._consumer.assign(tps)
        for tp, (first, _) in found.items():
            self._consumer.seek(tp, first)
        return {tp.partition: span for tp, span in found.items()}

    def next(self, wanted: Sequence[int], read: Sequence[int]) -> Mapping[int, RawChunk]:
        """More of some of the wanted partitions; a broker that gives none for `patience_s` is refused."""
        until = time.monotonic() + self._kafka.patience_s
        while not (found := self._asked(self._next(wanted, read))):
            if time.monotonic() > until:
                raise KafkaRefused(f"{self._topic}: Kafka at {self._kafka.bootstrap} has given nothing more for "
                                   f"{self._kafka.patience_s:g} s: check that every broker runs")  # fmt: skip
        return found

    async def _next(self, wanted: Sequence[int], read: Sequence[int]) -> Mapping[int, RawChunk]:
        self._consumer.pause(*(TopicPartition(self._topic, one) for one in read))
        active = [TopicPartition(self._topic, one) for one in wanted]
        found = await fetched(self._consumer, active, timeout=_WAIT_S)
        return {tp.partition: chunk for tp, chunk in found.items()}

    def _asked(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._run(work)
        except KafkaError as error:
            raise refused(error, self._kafka, f"read {self._topic}") from None


@contextmanager
def fetching(kafka: KafkaSettings, topic: str, partitions: int) -> Iterator[Fetching]:
    """A connection to fetch over, closed in the end. Raises KafkaRefused."""
    each = max(_FETCH_BYTES // partitions, _LEAST_BYTES)
    with quietly(), looping() as run:
        consumer = run(_started(kafka, each))
        try:
            yield Fetching(consumer, run, kafka, topic)
        finally:
            run(consumer.stop())


async def _started(kafka: KafkaSettings, each: int) -> AIOKafkaConsumer:
    consumer = AIOKafkaConsumer(**client_options(kafka), group_id=None, enable_auto_commit=False,
                                isolation_level="read_committed", auto_offset_reset="earliest",
                                max_partition_fetch_bytes=each)  # fmt: skip
    try:
        await consumer.start()
    except KafkaError as error:
        await consumer.stop()
        raise refused(error, kafka, "answer") from None
    return consumer


async def between(consumer: AIOKafkaConsumer, tps: Sequence[TopicPartition], since: int | None,
                  until: int | None) -> dict[TopicPartition, tuple[int, int]]:  # fmt: skip
    """The first offset of each partition from one stamp on, and the one to stop before by another (ms); all that is
    committed now where there is none.
    """
    firsts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
    begins = firsts if since is None else await _at_stamp(consumer, tps, since, ends)
    stops = ends if until is None else await _at_stamp(consumer, tps, until, ends)
    return {tp: (begins[tp], max(stops[tp], begins[tp])) for tp in tps}


async def _at_stamp(consumer: AIOKafkaConsumer, tps: Sequence[TopicPartition], stamp: int,
                    ends: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:  # fmt: skip
    """The first offset of each partition with at least this stamp (ms); its end where there is none."""
    found = await consumer.offsets_for_times(dict.fromkeys(tps, stamp))
    return {tp: ends[tp] if one is None else min(one.offset, ends[tp]) for tp, one in found.items()}
