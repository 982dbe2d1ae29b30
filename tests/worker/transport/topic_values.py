"""What a topic holds, as another client reads it."""

from __future__ import annotations

from broker import Broker
from kafka import KafkaConsumer, TopicPartition


def values_of(broker: Broker, topic: str, partition: int = 0) -> list[bytes]:
    """Every value of one partition, a tombstone's as b"" too."""
    consumer, place = KafkaConsumer(**broker.client), TopicPartition(topic, partition)
    found: list[bytes] = []
    try:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end = consumer.end_offsets([place])[place]
        while consumer.position(place) < end:
            for records in consumer.poll(500).values():
                found += [bytes(one.value or b"") for one in records]
    finally:
        consumer.close()
    return found
