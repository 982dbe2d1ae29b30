"""Published packs, believed as workers believe them: by a signed control record in the log, and by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.enforcement.ledger.packs_in_force import Ordered
from streams.pack import Pack
from streams.pack.stored import NotThatPack, named
from streams.worker.connection import KafkaSettings, client_options
from streams.worker.names import Names
from streams.worker.packs.control import Control, verified
from streams.worker.packs.topic import PackTopic, Publication
from streams.worker.topics.refusals import refused

_POLL_MS, _POLLS = 1_000, 10


class NotOrdered(Exception):
    """A published pack that is not to be believed, or cannot be followed here: why, and what to do."""


class OrderedPacks:
    """Finds packs by their hashes. key: what published packs are signed with."""

    def __init__(self, kafka: KafkaSettings, names: Names, key: bytes) -> None:
        self._kafka, self._names, self._key = kafka, names, key
        self._topic = PackTopic(kafka, names)

    def find(self, name: str) -> Ordered | None:
        """The pack as it was published last, None where it never was. Raises NotOrdered, KafkaRefused."""
        made = [one for one in self._topic.publications() if one.pack == name]
        if not made:
            return None
        control = self._signed(made[-1])
        data = self._topic.fetch(name)
        if data is None or hashlib.sha256(data).hexdigest() != control.digest:
            raise NotOrdered(f"pack {name} in {self._names.packs} is not what was signed: publish it again")
        return Ordered(_sound(name, data), data, control.digest, control.serial)

    def _signed(self, made: Publication) -> Control:
        """The order in the log that a publication tells of."""
        for partition, record in self._records(made):
            found = verified(record, self._key, made.topic, partition)
            if found is not None and (found.pack, found.digest, found.serial) == (made.pack, made.digest, made.serial):
                return found
        raise NotOrdered(f"no control record in {made.topic} orders pack {made.pack} with our key: publish it again, "
                         "or start with --pack")  # fmt: skip

    def _records(self, made: Publication) -> Iterable[tuple[int, bytes]]:
        """What lies where it was ordered, of those partitions that still have it."""
        try:
            consumer = KafkaConsumer(**client_options(self._kafka), group_id=None, enable_auto_commit=False,
                                     auto_offset_reset="none", max_poll_records=1)  # fmt: skip
            try:
                first = consumer.beginning_offsets([TopicPartition(made.topic, number) for number in made.offsets])
                for number, offset in made.offsets.items():
                    place = TopicPartition(made.topic, number)
                    if first[place] <= offset and (value := _at(consumer, place, offset)) is not None:
                        yield number, value
            finally:
                consumer.close()
        except KafkaError as error:
            raise refused(error, self._kafka, f"read {made.topic}") from None


def _at(consumer: KafkaConsumer, place: TopicPartition, offset: int) -> bytes | None:
    consumer.assign([place])
    consumer.seek(place, offset)
    for _ in range(_POLLS):
        for record in consumer.poll(timeout_ms=_POLL_MS).get(place, []):
            return record.value if record.offset == offset else None
    return None


def _sound(name: str, data: bytes) -> Pack:
    try:
        pack = named(name, data)
    except NotThatPack as other:
        raise NotOrdered(str(other)) from None
    if not pack.policy.clauses:
        raise NotOrdered(f"pack {name} has no policy: ours stays in force")
    return pack
