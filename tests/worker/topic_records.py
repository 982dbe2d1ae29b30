"""Everything that lies in a topic, and letters to lie in one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.worker.letters.graves import Grave, as_record


def everything(bootstrap: str, topic: str, isolation: str = "read_committed") -> list[Any]:
    """The records of a topic in order of partition and offset; fails where they do not come within a minute."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation, auto_offset_reset="earliest")
    try:
        parts = _parts(consumer, topic)
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends, found = _settled_ends(bootstrap, consumer, parts), list[Any]()
        for _ in range(240):
            if all(consumer.position(one) >= ends[one] for one in parts):
                return sorted(found, key=lambda one: (one.partition, one.offset))
            for records in consumer.poll(timeout_ms=250).values():
                found += records
        raise AssertionError(f"{topic} does not come to its end: {ends}")
    finally:
        consumer.close()


def _parts(consumer: Any, topic: str) -> list[Any]:
    for _ in range(240):
        if known := consumer.partitions_for_topic(topic):
            return [TopicPartition(topic, one) for one in sorted(known)]
        time.sleep(0.25)
    raise AssertionError(f"{topic} is not to be seen")


def _settled_ends(bootstrap: str, consumer: Any, parts: list[Any]) -> dict[Any, int]:
    """Where the partitions end, the markers of ended transactions included: the broker writes them after its answer."""
    other = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        written = other.end_offsets(parts)
    finally:
        other.close()
    for _ in range(60):
        ends: dict[Any, int] = consumer.end_offsets(parts)
        if all(ends[one] >= written[one] for one in parts):
            break
        time.sleep(0.25)  # a transaction may be open on purpose
    return ends


def length(consumer: Any, topic: str) -> int:
    """How many offsets a topic has used, whatever became of what lies there; one consumer serves many calls."""
    parts = [TopicPartition(topic, one) for one in consumer.partitions_for_topic(topic)]
    return int(sum(consumer.end_offsets(parts).values()))


def bury(bootstrap: str, topic: str, graves: Iterable[Grave]) -> None:
    """Put letters into a dead letters' topic."""
    put(bootstrap, topic, [(key, value, headers) for key, value, headers in map(as_record, graves)])


def put(bootstrap: str, topic: str, records: Sequence[tuple[bytes | None, bytes, list[tuple[str, bytes]]]]) -> None:
    """Put records into a topic."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    try:
        sent = [producer.send(topic, key=key, value=value, headers=headers) for key, value, headers in records]
        for one in sent:
            one.get(timeout=30)
    finally:
        producer.close()
