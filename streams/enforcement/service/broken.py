"""Which stored batches hold the reading up: each partition is read alone; what is broken is found as workers do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.enforcement.service.consuming import Consuming, Unreadable
from streams.enforcement.service.records import Reason, Record, Refused
from streams.enforcement.service.starts import Place
from streams.worker.connection import KafkaRefused, KafkaSettings, client_options
from streams.worker.transport.chunk import Broken, RawChunk
from streams.worker.transport.fetching import fetched

MOST_UNPACKED = 64 * 2**20
"""Bytes that one stored batch may unpack to."""

_SILENT_S = 5.0
_WAIT_S = 0.5
_FETCH_BYTES = 4 * 2**20


def broken_batches(kafka: KafkaSettings, places: Mapping[Place, int]) -> dict[Place, Broken]:
    """The next stored batch of each place, by its next offset, that two readers fail at, fetched four times in all.

    What the broker does not hand out is not broken. Raises KafkaRefused.
    """
    failing = {place: at for place, at in places.items() if _fails(kafka, place, at)}
    found = {place: next_broken(asyncio.run(_chunk(kafka, place, at)), at) for place, at in failing.items()}
    return {place: one for place, one in found.items() if one is not None}


def as_refused(place: Place, one: Broken) -> Refused:
    """A broken batch as a refused record, its first."""
    reason = Reason.BATCH_TOO_LARGE if one.too_large else Reason.BROKEN_BATCH
    detail = f"the stored batch of offsets {one.first:,} to {one.last:,}: {one.detail}"
    return Refused(Record(*place, one.first, 0, None, None), reason, detail)


def _fails(kafka: KafkaSettings, place: Place, at: int) -> bool:
    """Whether our own reader fails at what comes next in a partition, which it reads alone."""
    consuming = Consuming(kafka, [place[0]])
    try:
        if consuming.bounds([place])[1][place] <= at:
            return False
        consuming.read_from({place: at})
        until = time.monotonic() + _SILENT_S
        while time.monotonic() < until:
            if consuming.poll(round(_WAIT_S * 1000)):
                return False
    except Unreadable:
        return True
    finally:
        consuming.close()
    return False


async def _chunk(kafka: KafkaSettings, place: Place, at: int) -> RawChunk | None:
    """What the workers' reader makes of a partition from an offset on, None where nothing comes."""
    where = TopicPartition(*place)
    consumer = AIOKafkaConsumer(**client_options(kafka), group_id=None, enable_auto_commit=False,
                                auto_offset_reset="none", isolation_level="read_committed",
                                max_partition_fetch_bytes=_FETCH_BYTES)  # fmt: skip
    try:
        await consumer.start()
        consumer.assign([where])
        consumer.seek(where, at)
        until = time.monotonic() + _SILENT_S
        while time.monotonic() < until:
            if (chunk := (await fetched(consumer, {where}, _WAIT_S)).get(where)) is not None:
                return chunk
    except KafkaError as error:
        raise KafkaRefused(f"{place[0]}/{place[1]} cannot be read: {type(error).__name__}") from None
    finally:
        await consumer.stop()
    return None


def next_broken(chunk: RawChunk | None, at: int) -> Broken | None:
    """What is broken where a chunk begins that ours could not read; the record there, where the other reader could."""
    if chunk is None:
        return None
    if len(chunk.offsets) and not (chunk.broken and chunk.broken[0].first < chunk.offsets[0]):
        return Broken(at, int(chunk.offsets[0]), "it cannot be unpacked here")
    return chunk.broken[0] if chunk.broken else None
