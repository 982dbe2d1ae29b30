"""One record of each partition, for the sake of its stamp."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import AuthorizationError, KafkaError

from streams.worker.connection import KafkaSettings
from streams.worker.topics.lag import Stamp
from streams.worker.topics.reaching import quiet
from streams.worker.topics.refusals import checked_options, refused

_POLL_MS, _NOTHING_MORE_S = 500, 5.0
_LOG_APPEND_TIME = 1
_AT_ONCE_BYTES = 64 * 1024


def stamps_at(kafka: KafkaSettings, topic: str, offsets: Mapping[int, int]) -> dict[int, Stamp]:
    """The stamp of the first record at or after each partition's offset. Raises KafkaRefused.

    Partitions whose record cannot be unpacked, or does not come within 5 s of the one before, are left out.
    """
    quiet()
    try:
        return _read(kafka, {TopicPartition(topic, p): offset for p, offset in offsets.items()}) if offsets else {}
    except KafkaError as error:
        raise refused(error, kafka, "read one record of each partition") from None


def _read(kafka: KafkaSettings, offsets: dict[TopicPartition, int]) -> dict[int, Stamp]:
    """Read all at once; where that fails, the halves, so that one broken partition hides no other."""
    with _consumer(kafka) as consumer:  # one that has met a broken batch reads nothing more
        try:
            return _first(consumer, offsets)
        except AuthorizationError:
            raise
        except Exception:  # what a hostile batch makes an unpacker raise is anybody's guess
            tps, middle = list(offsets), len(offsets) // 2
    halves = [{tp: offsets[tp] for tp in half} for half in (tps[:middle], tps[middle:])]
    return {p: stamp for half in halves if middle for p, stamp in _read(kafka, half).items()}


@contextmanager
def _consumer(kafka: KafkaSettings) -> Iterator[KafkaConsumer]:
    consumer = KafkaConsumer(**checked_options(kafka), enable_auto_commit=False, auto_offset_reset="earliest",
                             allow_auto_create_topics=False, max_poll_records=1,
                             max_partition_fetch_bytes=_AT_ONCE_BYTES,
                             bootstrap_timeout_ms=round(kafka.patience_s * 1000))  # fmt: skip
    try:
        yield consumer
    finally:
        consumer.close(autocommit=False)


def _first(consumer: KafkaConsumer, offsets: dict[TopicPartition, int]) -> dict[int, Stamp]:
    consumer.assign(list(offsets))
    for tp, offset in offsets.items():
        consumer.seek(tp, offset)
    found: dict[int, Stamp] = {}
    until = time.monotonic() + _NOTHING_MORE_S
    while len(found) < len(offsets) and time.monotonic() < until:
        for tp, records in consumer.poll(timeout_ms=_POLL_MS).items():
            found[tp.partition] = Stamp(records[0].timestamp, records[0].timestamp_type == _LOG_APPEND_TIME)
            consumer.pause(tp)
            until = time.monotonic() + _NOTHING_MORE_S
    return found
