"""The dead letters' topic, read from its beginning to where it ends now: only what was committed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.letters.graves import Grave, NoGrave, Origin, from_record, is_marker, marked_origin
from streams.worker.topics.reaching import Tell, reached
from streams.worker.topics.refusals import checked_options, refused
from streams.worker.topics.target import missing, partitions_of

_POLL_RECORDS = 2_000
_POLL_MS = 500

Told = Callable[[int, int], None]
"""Hears how many records of how many have been read."""


@dataclass(frozen=True)
class Letter:
    """A dead letter where it lies: partition and offset in its own topic, and when it was put there (ms)."""

    partition: int
    offset: int
    buried: int
    grave: Grave

    @property
    def place(self) -> str:
        """PARTITION:OFFSET, as people name it."""
        return f"{self.partition}:{self.offset}"


@dataclass
class Ledger:
    """What else a reading found: the records redriven already, and how many records are no dead letters."""

    redriven: set[Origin] = field(default_factory=set)
    strangers: int = 0


class Graveyard:
    """The dead letters of a topic; to be used in a `with`. Raises KafkaRefused wherever it reads.

    topics: every topic there is when it is opened, and how many partitions it has.
    """

    def __init__(self, kafka: KafkaSettings, topic: str, tell: Tell) -> None:
        self._kafka, self.topic, self._tell = kafka, topic, tell
        self.topics: dict[str, int] = {}
        self._consumer: Any = None

    def __enter__(self) -> Graveyard:
        admin = reached(self._kafka, self._tell)
        try:
            self.topics = partitions_of(admin, self._kafka)
        finally:
            admin.close()
        if self.topic not in self.topics:
            raise missing(self.topic)
        try:
            self._consumer = KafkaConsumer(**checked_options(self._kafka), group_id=None, enable_auto_commit=False,
                                           auto_offset_reset="earliest", isolation_level="read_committed")  # fmt: skip
        except KafkaError as error:
            raise self._unread(error) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._consumer.close()

    def letters(self, ledger: Ledger, told: Told) -> Iterator[Letter]:
        """Every letter, in order within a partition; what else there is goes into the ledger."""
        for record in self._records(told):
            try:
                if is_marker(record.headers):
                    ledger.redriven.add(marked_origin(record.headers))
                else:
                    yield _letter(record)
            except NoGrave:
                ledger.strangers += 1

    def letter(self, partition: int, offset: int) -> Letter:
        """The letter at a place."""
        where = TopicPartition(self.topic, partition)
        ends = self._ends()
        if where not in ends or not 0 <= offset < ends[where]:
            raise self._no_letter(partition, offset, "it ends before that")
        self._consumer.assign([where])
        self._consumer.seek(where, offset)
        record = next(self._until({where: ends[where]}, lambda _done, _total: None), None)
        if record is None or record.offset != offset:
            raise self._no_letter(partition, offset, "retention removed it, or no record was ever there")
        if is_marker(record.headers):
            raise self._no_letter(partition, offset, f"it only says that {record.key.decode()} was redriven")
        try:
            return _letter(record)
        except NoGrave as error:
            raise self._no_letter(partition, offset, str(error)) from None

    def _no_letter(self, partition: int, offset: int, why: str) -> KafkaRefused:
        return KafkaRefused(f"{self.topic} has no dead letter at {partition}:{offset}: {why}. "
                            f"See tipstaff dead-letters list.")  # fmt: skip

    def _ends(self) -> dict[TopicPartition, int]:
        """Where every partition ends now. An end never lies beyond what is decided."""
        try:
            every = [TopicPartition(self.topic, one) for one in range(self.topics[self.topic])]
            return dict(self._consumer.end_offsets(every))
        except KafkaError as error:
            raise self._unread(error) from None

    def _records(self, told: Told) -> Iterator[Any]:
        ends = self._ends()
        self._consumer.assign(list(ends))
        self._consumer.seek_to_beginning(*ends)
        yield from self._until(ends, told)

    def _until(self, ends: dict[TopicPartition, int], told: Told) -> Iterator[Any]:
        """Records from the position on, below the ends; a broker that gives none for too long is refused."""
        begun = self._positions(ends)
        total = sum(max(end - begun[where], 0) for where, end in ends.items())
        at, heard = begun, time.monotonic()
        while any(at[where] < end for where, end in ends.items()):
            for where, found in self._polled().items():
                yield from (record for record in found if record.offset < ends[where])
            moved = self._positions(ends)
            if moved != at:
                at, heard = moved, time.monotonic()
            elif time.monotonic() - heard > self._kafka.patience_s:
                raise KafkaRefused(f"{self.topic}: Kafka at {self._kafka.bootstrap} has given nothing more for "
                                   f"{self._kafka.patience_s:g} s: check that every broker runs")  # fmt: skip
            told(min(sum(at.values()) - sum(begun.values()), total), total)

    def _polled(self) -> dict[TopicPartition, list[Any]]:
        try:
            return dict(self._consumer.poll(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS))
        except KafkaError as error:
            raise self._unread(error) from None

    def _positions(self, of: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        try:
            return {where: self._consumer.position(where) for where in of}
        except KafkaError as error:
            raise self._unread(error) from None

    def _unread(self, error: KafkaError) -> KafkaRefused:
        return refused(error, self._kafka, f"read {self.topic}")


def _letter(record: Any) -> Letter:
    return Letter(record.partition, record.offset, record.timestamp,
                  from_record(record.key, record.value, record.headers))  # fmt: skip
