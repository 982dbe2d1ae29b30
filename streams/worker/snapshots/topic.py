"""What the snapshots' topic holds of some partitions, read when they are assigned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.worker.connection import KafkaSettings, client_options

_FETCH_BYTES = 8 * 2**20


async def read_snapshots(kafka: KafkaSettings, topic: str, partitions: Sequence[int]) -> dict[int, dict[str, bytes]]:
    """The newest value of every key, by partition. Raises KafkaError."""
    found: dict[int, dict[str, bytes]] = {number: {} for number in partitions}
    consumer = AIOKafkaConsumer(**client_options(kafka), enable_auto_commit=False, auto_offset_reset="earliest",
                                max_partition_fetch_bytes=_FETCH_BYTES)  # fmt: skip
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in partitions]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        await _read_to(consumer, await consumer.end_offsets(places), found)
    finally:
        await consumer.stop()
    return found


async def _read_to(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int],
                   found: dict[int, dict[str, bytes]]) -> None:  # fmt: skip
    places: defaultdict[TopicPartition, int] = defaultdict(int)
    while any(places[tp] < end for tp, end in ends.items()):
        got = await consumer.getmany(timeout_ms=500)
        for tp, records in got.items():
            for record in records:
                _note(found[tp.partition], record)
        for tp in ends:
            places[tp] = await consumer.position(tp)
            if places[tp] >= ends[tp]:
                consumer.pause(tp)


def _note(held: dict[str, bytes], record: ConsumerRecord) -> None:
    if record.key is None:
        return
    if record.value is None:
        held.pop(record.key.decode(), None)
    else:
        held[record.key.decode()] = record.value
