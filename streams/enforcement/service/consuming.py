"""The topics that enforcement reads: every partition assigned by ourselves, positions from the ledger, no group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaError, UnsupportedCodecError

from streams.enforcement.service.records import Record
from streams.enforcement.service.starts import Place
from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.topics.reaching import quiet
from streams.worker.topics.refusals import checked_options, refused

MOST_RECORDS = 500
"""Records of one poll, and so of one transaction."""

_MIB = 2**20
_ASK_MS = 10_000
_OF_UNPACKING = (CorruptRecordError, UnsupportedCodecError)


class Unreadable(Exception):
    """A stored batch that this consumer cannot unpack, of some partition; a new consumer must read on. See `broken`."""


class Consuming:
    """One consumer. Every call may raise KafkaRefused."""

    def __init__(self, kafka: KafkaSettings, topics: Sequence[str]) -> None:
        quiet()
        self._kafka, self._topics = kafka, tuple(topics)
        self._at: dict[Place, int] = {}
        try:
            self._consumer: Any = KafkaConsumer(
                **checked_options(kafka), group_id=None, enable_auto_commit=False, auto_offset_reset="none",
                isolation_level="read_committed", allow_auto_create_topics=False, max_poll_records=MOST_RECORDS,
                max_partition_fetch_bytes=4 * _MIB, fetch_max_bytes=16 * _MIB, metadata_max_age_ms=30_000,
                bootstrap_timeout_ms=5_000,
            )  # fmt: skip
        except KafkaError as error:
            raise refused(error, kafka, "read") from None

    def places(self) -> set[Place]:
        """Every partition that there is now."""
        found: set[Place] = set()
        for topic in self._topics:
            partitions = self.partitions(topic)
            if not partitions:
                raise KafkaRefused(f"there is no topic {topic}, or it may not be seen: run tipstaff topics apply")
            found |= {(topic, number) for number in partitions}
        return found

    def partitions(self, topic: str) -> set[int]:
        """The partitions of any topic, also one that is not read here; none where it may not be seen."""
        return set(self._asked(f"see {topic}", lambda: self._consumer.partitions_for_topic(topic)))

    def bounds(self, places: Iterable[Place]) -> tuple[dict[Place, int], dict[Place, int]]:
        """The first offset of each partition, and the one after its last."""
        wanted = [TopicPartition(*place) for place in places]
        first = self._asked("ask where topics begin", lambda: self._consumer.beginning_offsets(wanted, _ASK_MS))
        end = self._asked("ask where topics end", lambda: self._consumer.end_offsets(wanted, _ASK_MS))
        return _by_place(first), _by_place(end)

    def read_from(self, offsets: Mapping[Place, int]) -> None:
        """Read these partitions, and no others, from these offsets on."""
        self._at = dict(offsets)
        self._consumer.assign([TopicPartition(*place) for place in offsets])
        for place, offset in offsets.items():
            self._consumer.seek(TopicPartition(*place), offset)

    def only(self, topics: Iterable[str] | None) -> None:
        """Hold all other topics back; None: none."""
        wanted = set(self._topics if topics is None else topics)
        for place in self._at:
            hold = self._consumer.resume if place[0] in wanted else self._consumer.pause
            hold(TopicPartition(*place))

    @property
    def at(self) -> Mapping[Place, int]:
        """The next offset of each partition."""
        return self._at

    def poll(self, wait_ms: int) -> dict[Place, list[Record]]:
        """What comes next, by partition; it is not passed until `passed` says so. Raises Unreadable."""
        try:
            found = self._consumer.poll(timeout_ms=wait_ms)
        except Exception as error:  # what a hostile batch makes an unpacker raise is anybody's guess
            if isinstance(error, KafkaError) and not isinstance(error, _OF_UNPACKING):
                raise refused(error, self._kafka, "read") from None
            raise Unreadable(f"a stored batch cannot be unpacked: {type(error).__name__}") from error
        return {(where.topic, where.partition): [_record(one) for one in records] for where, records in found.items()}

    def passed(self, offsets: Mapping[Place, int]) -> None:
        """Note what has been taken in."""
        self._at.update(offsets)

    def again(self) -> None:
        """Go back to what has not been taken in."""
        for place, offset in self._at.items():
            self._consumer.seek(TopicPartition(*place), offset)

    def close(self) -> None:
        """Let go of connections."""
        self._consumer.close(autocommit=False)

    def _asked(self, doing: str, call: Any) -> Any:
        try:
            return call()
        except KafkaError as error:
            raise refused(error, self._kafka, doing) from None


def _by_place(found: Mapping[TopicPartition, int]) -> dict[Place, int]:
    return {(where.topic, where.partition): offset for where, offset in found.items()}


def _record(one: Any) -> Record:
    headers = tuple((name, value or b"") for name, value in one.headers)
    return Record(one.topic, one.partition, one.offset, one.timestamp, one.key, one.value, headers)
