"""What enforcement writes to Kafka: dead letters, decisions for whoever wants to know, and usage events of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.enforcement.ledger.own_events import Told
from streams.enforcement.service.records import OF_A_BATCH, Refused
from streams.worker.connection import KafkaSettings
from streams.worker.letters.graves import Grave, as_record
from streams.worker.names import Names
from streams.worker.topics.reaching import quiet
from streams.worker.topics.refusals import checked_options, refused

_RESULT_S = 30.0
_CLOSE_S = 5.0
_LONGEST = 64 * 1024  # bytes of a record that is kept whole
_KEPT = 1024


class Producing:
    """A producer whose every record is waited for; made when it is needed, and anew after it failed. For one thread.

    Calls raise KafkaRefused.
    """

    def __init__(self, kafka: KafkaSettings, names: Names) -> None:
        quiet()
        self._kafka, self._names = kafka, names
        self._producer: Any = None

    def bury(self, letters: Sequence[Refused]) -> None:
        """Put refused records where dead letters lie; once it returns they are durable."""
        graves = [as_record(self._grave(one)) for one in letters]
        self._send(self._names.dead_letters, graves)

    def tell(self, decisions: Sequence[tuple[str, bytes]]) -> None:
        """Publish decisions, by account; once it returns they are durable."""
        self._send(self._names.decisions, [(account.encode(), value, []) for account, value in decisions])

    def bring(self, events: Sequence[Told]) -> None:
        """Write usage events where those of their accounts go, by the key; once it returns they are durable."""
        self._send(self._names.events, [(account.encode(), value, []) for _, account, value in events])

    def close(self) -> None:
        """Let go of connections."""
        if self._producer is not None:
            self._producer.close(timeout=_CLOSE_S)
        self._producer = None

    def _opened(self) -> Any:
        if self._producer is None:
            self._producer = KafkaProducer(
                **checked_options(self._kafka), acks="all", compression_type="lz4", allow_auto_create_topics=False,
                bootstrap_timeout_ms=5_000, max_block_ms=round(_RESULT_S * 1000),
                delivery_timeout_ms=round(_RESULT_S * 1000), request_timeout_ms=15_000,
            )  # fmt: skip
        return self._producer

    def _grave(self, one: Refused) -> Grave:
        record, value = one.record, one.record.value or b""
        # Others read that topic than may see restricted alerts, owners' addresses or what people asked for.
        withheld = record.topic != self._names.alerts
        clipped = (len(value) > _LONGEST and not withheld) or one.reason in OF_A_BATCH
        kept = b"" if withheld else value[:_KEPT] if clipped else value
        return Grave(record.topic, record.partition, record.offset, record.stamp_ms, str(one.reason), one.detail,
                     None if withheld else record.key, kept, clipped, withheld)  # fmt: skip

    def _send(self, topic: str, records: Sequence[tuple[bytes | None, bytes, list[tuple[str, bytes]]]]) -> None:
        try:
            waiting = [self._opened().send(topic, value, key, headers=headers) for key, value, headers in records]
            for one in waiting:
                one.get(_RESULT_S)
        except KafkaError as error:
            self.close()  # an idempotent producer that has lost its place never finds it again
            raise refused(error, self._kafka, f"write to {topic}") from None
