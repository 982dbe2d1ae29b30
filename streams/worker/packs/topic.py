"""Packs in their topic: written once, read when a log asks for one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from streams.worker.connection import KafkaRefused, KafkaSettings, client_options
from streams.worker.names import Names
from streams.worker.packs.control import Control
from streams.worker.topics.reaching import quiet
from streams.worker.topics.refusals import refused

_PACK, _PUBLISHED, _BEGAN = "pack/", "published/", "began/"
_WAIT_MS = 500
_MOST_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Publication:
    """A pack that was ordered in a topic: with which serial, and at which offset of each partition."""

    topic: str
    pack: str
    digest: str
    serial: int
    offsets: Mapping[int, int]


def in_force(publications: Sequence[Publication], partition: int, offset: int) -> Publication | None:
    """The pack ordered last below an offset of a partition, None where none was; publications: the newest last."""
    before = [one for one in publications if one.offsets.get(partition, offset) < offset]
    return before[-1] if before else None


class PackTopic:
    """What the packs' topic holds. Blocks; each call reads or writes through a client of its own."""

    def __init__(self, kafka: KafkaSettings, names: Names) -> None:
        self._kafka, self._names = kafka, names
        quiet()

    def fetch(self, pack: str) -> bytes | None:
        """The stored bytes of a pack by its hash, None where it is not there. Raises KafkaRefused."""
        return self._read().get(_PACK + pack)

    def fetch_all(self, packs: Collection[str]) -> dict[str, bytes]:
        """The stored bytes of packs by their hashes, those that are not there left out. Raises KafkaRefused."""
        found = self._read()
        return {pack: found[_PACK + pack] for pack in packs if _PACK + pack in found}

    def publications(self) -> list[Publication]:
        """Every pack ordered in the events topic, the newest last. Raises KafkaRefused."""
        told = [json.loads(value) for key, value in self._read().items() if key.startswith(_PUBLISHED)]
        found = [Publication(**{**one, "offsets": {int(p): o for p, o in one["offsets"].items()}}) for one in told]
        return sorted((one for one in found if one.topic == self._names.events), key=lambda one: one.serial)

    def began_with(self) -> str | None:
        """The pack that the events topic is read with from its first record on, None before anybody reads it."""
        found = self._read().get(_BEGAN + self._names.events)
        return None if found is None else found.decode()

    def begin(self, pack: str) -> str:
        """Note a pack as the one the log begins with, unless another is; gives the one that is."""
        began = self.began_with()
        if began is None:
            with _Sending(self._kafka) as send:
                send(self._names.packs, _BEGAN + self._names.events, pack.encode(), 0)
        return began or pack

    def store(self, pack: str, data: bytes) -> None:
        """Put a pack there. Raises KafkaRefused."""
        with _Sending(self._kafka) as send:
            send(self._names.packs, _PACK + pack, data, 0)

    def order(self, pack: str, data: bytes, key: bytes, serial: int, partitions: int) -> Publication:
        """Write a control record into every partition of the events topic, and note it. Raises KafkaRefused."""
        digest, topic = hashlib.sha256(data).hexdigest(), self._names.events
        with _Sending(self._kafka) as send:
            offsets = {number: send(topic, None, Control(topic, number, pack, digest, serial).record(key), number)
                       for number in range(partitions)}  # fmt: skip
            made = Publication(topic, pack, digest, serial, offsets)
            send(self._names.packs, f"{_PUBLISHED}{serial}", json.dumps(asdict(made)).encode(), 0)
        return made

    def _read(self) -> dict[str, bytes]:
        try:
            return dict(self._records())
        except KafkaError as error:
            raise refused(error, self._kafka, f"read {self._names.packs}") from None

    def _records(self) -> Iterator[tuple[str, bytes]]:
        consumer = KafkaConsumer(**client_options(self._kafka), enable_auto_commit=False,
                                 isolation_level="read_committed", max_partition_fetch_bytes=_MOST_BYTES)  # fmt: skip
        place = TopicPartition(self._names.packs, 0)
        try:
            consumer.assign([place])
            consumer.seek_to_beginning(place)
            end = consumer.end_offsets([place])[place]
            while consumer.position(place) < end:
                for record in consumer.poll(timeout_ms=_WAIT_MS).get(place, []):
                    if record.key is not None and record.value is not None:
                        yield record.key.decode(), record.value
        finally:
            consumer.close()


class _Sending:
    """A producer whose every record is waited for."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka

    def __enter__(self) -> Any:
        try:
            self._producer = KafkaProducer(**client_options(self._kafka), acks="all", max_request_size=_MOST_BYTES)
        except KafkaError as error:
            raise refused(error, self._kafka, "open a producer") from None
        return self._send

    def _send(self, topic: str, key: str | None, value: bytes, partition: int) -> int:
        try:
            name = key.encode() if key is not None else None
            sent = self._producer.send(topic, value, name, partition=partition)
            return int(sent.get(self._kafka.patience_s).offset)
        except KafkaError as error:
            raise refused(error, self._kafka, f"write to {topic}") from None

    def __exit__(self, *_: object) -> None:
        self._producer.close()


def no_key() -> KafkaRefused:
    """That nothing can be signed."""
    return KafkaRefused("packs are ordered by signed records: set TIPSTAFF_WORKER_CONTROL_KEY (or …_CONTROL_KEY_FILE) "
                        "to the same secret here and for every worker")  # fmt: skip
