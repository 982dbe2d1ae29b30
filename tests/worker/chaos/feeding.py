"""The known stream on its way into its topic: as far as it is let, at a steady rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from confluent_kafka import KafkaError, Message, Producer
from worker.chaos.known_kin import partition_of
from worker.chaos.known_stream import KnownStream, Record, closings

_SLICE_S = 0.05
_PATIENCE_S = 120
_BATCH_BYTES = 2_000
"""So that a backlog is many stored batches, and many chunks."""


class Unfed(Exception):
    """Records that the broker did not take."""


class Feeder(threading.Thread):
    """Sends in order, with an idempotent producer that outlives the broker's absence. rate: events a second.

    It is librdkafka's: kafka-python's may write a record twice whose answer a killed broker owed it. sent: what each
    partition is given, in order.
    """

    def __init__(self, bootstrap: str, topic: str, partitions: int, stream: KnownStream, rate: float) -> None:
        super().__init__(name="feeder", daemon=True)
        self._topic, self._rate, self._records = topic, rate, stream.records()
        self._closing = [(number, one) for one in closings(stream) for number in range(partitions)]
        self.sent: list[list[Record]] = [[] for _ in range(partitions)]
        self._let, self._stopped = 0, threading.Event()
        self._failed: list[KafkaError] = []
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5,
                                   "batch.size": _BATCH_BYTES, "delivery.timeout.ms": _PATIENCE_S * 1000,
                                   "log_level": 0})  # fmt: skip

    def let(self, share: float) -> None:
        """Let it send up to this share of the stream (0-1)."""
        self._let = max(self._let, round(share * len(self._records)))

    def let_on(self, share: float) -> None:
        """Let it send so much more of the stream (0-1)."""
        self._let = min(self._let + round(share * len(self._records)), len(self._records))

    def run(self) -> None:
        at = 0
        while at < len(self._records) and not self._stopped.wait(_SLICE_S):
            upto = min(at + max(int(self._rate * _SLICE_S), 1), self._let)
            self._send(self._placed(self._records[at:upto]))
            at = max(upto, at)

    def _placed(self, records: Sequence[Record]) -> Iterator[tuple[int, Record]]:
        return ((partition_of(record.account or "", len(self.sent)), record) for record in records)

    def _send(self, placed: Iterator[tuple[int, Record]]) -> None:
        for number, one in placed:
            key = one.account.encode() if one.account is not None else None
            self._producer.produce(self._topic, one.value, key, number, timestamp=one.stamp, on_delivery=self._told)
            self.sent[number].append(one)
        self._producer.poll(0)

    def _told(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(error)

    def finish(self) -> None:
        """Send what is left, and the heartbeats that close it. Raises Unfed where the broker did not take it."""
        self.let(1.0)
        self.join()
        self._send(iter(self._closing))
        self._closing = []
        left = self._producer.flush(_PATIENCE_S)
        if left or self._failed:
            raise Unfed(f"{left:,} records were not answered, {len(self._failed):,} failed: {self._failed[:1]}")

    def close(self) -> None:
        """End it wherever it is."""
        self._stopped.set()
        if self.is_alive():
            self.join()
        self._producer.purge()
        self._producer.flush(5)

    def offsets(self, number: int, controls: Sequence[int]) -> Iterator[tuple[int, Record]]:
        """What lies in a partition, by offset; controls: the offsets of records that others put there."""
        free = (offset for offset in range(len(self.sent[number]) + len(controls)) if offset not in controls)
        return zip(free, self.sent[number], strict=True)


def fed(feeder: Feeder) -> float:
    """Feed all of it at once; returns the seconds it took."""
    begun = time.monotonic()
    feeder.start()
    feeder.finish()
    return time.monotonic() - begun
