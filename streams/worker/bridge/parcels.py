"""Records on their way into topics: packed into stored batches, each of which arrives whole or not at all."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.worker.bridge.crossing import Crossed
from streams.worker.letters.graves import Grave, as_record
from streams.worker.names import Names
from streams.worker.partitioner import hashed

Row = tuple[bytes | None, bytes, int | None, list[tuple[str, bytes]]]
"""Key, value, timestamp (ms; None: now) and headers of a record to be written."""

Rows = Mapping[str, Sequence[Row]]
"""What is to be written, by topic."""

_NO_HEADERS: list[tuple[str, bytes]] = []


class NotDelivered(Exception):
    """What is not known to have arrived (rows, by topic), in how many stored batches, and the first reason why."""

    def __init__(self, rows: Rows, batches: int, topic: str, cause: BaseException) -> None:
        super().__init__(f"{topic}: {cause}")
        self.rows, self.batches, self.topic, self.cause = rows, batches, topic, cause


def rows_of(crossed: Iterable[Crossed], names: Names) -> dict[str, list[Row]]:
    """What is to be written, by topic. A history topic keeps the stamps; elsewhere the broker makes them."""
    found: dict[str, list[Row]] = {names.events: [], names.dead_letters: []}
    for one in crossed:
        stamps: Iterable[int | None] = [stamp if stamp >= 0 else None for stamp in one.stamps]
        if not names.events_history:
            stamps = [None] * len(one.keys)
        found[names.events] += zip(one.keys, one.values, stamps, repeat(_NO_HEADERS, len(one.keys)), strict=True)
        found[names.dead_letters] += [_buried(grave) for grave in one.graves]
    return {topic: rows for topic, rows in found.items() if rows}


def _buried(grave: Grave) -> Row:
    key, value, headers = as_record(grave)
    return key, value, None, headers


async def deliver(producer: AIOKafkaProducer, rows: Rows) -> None:
    """Write rows and wait for every result. Raises NotDelivered."""
    ways = [_topic(producer, topic, own) for topic, own in rows.items()]
    failed = [one for found in await asyncio.gather(*ways) for one in found]
    if failed:
        left: dict[str, list[Row]] = defaultdict(list)
        for topic, own, _ in failed:
            left[topic] += own
        topic, _, cause = failed[0]
        raise NotDelivered(left, len(failed), topic, cause)


_Failed = list[tuple[str, Sequence[Row], BaseException]]


async def _topic(producer: AIOKafkaProducer, topic: str, rows: Sequence[Row]) -> _Failed:
    try:
        count = len(await producer.partitions_for(topic))
    except Exception as error:  # whatever it is, nothing has been sent
        return [(topic, rows, error)]
    lanes = by_partition(rows, count)
    found = await asyncio.gather(*[_in_order(producer, TopicPartition(topic, n), own) for n, own in lanes.items()])
    return [one for some in found for one in some]


def by_partition(rows: Iterable[Row], partitions: int) -> dict[int, list[Row]]:
    """Rows where the Java client's partitioner (murmur2 of the key) has them, in order; anywhere without a key."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        key = row[0]
        found[random.randrange(partitions) if key is None else hashed(key) % partitions].append(row)  # noqa: S311
    return found


async def _in_order(producer: AIOKafkaProducer, place: TopicPartition, rows: Sequence[Row]) -> _Failed:
    """One partition's rows, a stored batch after the other, none after a failed one."""
    for first, batch in _batches(producer, rows):
        try:
            await (await producer.send_batch(batch, place.topic, partition=place.partition))
        except Exception as error:  # whatever it is, these rows are not known to have arrived
            return [(place.topic, rows[first:], error)]
    return []


def _batches(producer: AIOKafkaProducer, rows: Sequence[Row]) -> Iterator[tuple[int, BatchBuilder]]:
    """Rows as stored batches of the producer's size, each with how many rows came before it."""
    first, batch = 0, producer.create_batch()
    for n, (key, value, stamp, headers) in enumerate(rows):
        if batch.append(timestamp=stamp, key=key, value=value, headers=headers) is None:
            yield first, batch
            first, batch = n, producer.create_batch()
            batch.append(timestamp=stamp, key=key, value=value, headers=headers)
    batch.close()
    yield first, batch
