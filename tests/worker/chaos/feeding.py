"""The known stream on its way into its topic: as far as it is let, at a steady rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from kafka import KafkaProducer
from worker.chaos.known_stream import KnownStream, Record, closing, partition_of

_SLICE_S = 0.05
_PATIENCE_S = 120
_BATCH_BYTES = 2_000
"""So that a backlog is many stored batches, and many chunks."""


class Feeder(threading.Thread):
    """Sends in order, with an idempotent producer that outlives the broker's absence. rate: events a second.

    sent: what each partition is given, in order.
    """

    def __init__(self, bootstrap: str, topic: str, partitions: int, stream: KnownStream, rate: float) -> None:
        super().__init__(name="feeder", daemon=True)
        self._topic, self._rate, self._records = topic, rate, stream.records()
        self._closing = [(number, closing(stream)) for number in range(partitions)]
        self.sent: list[list[Record]] = [[] for _ in range(partitions)]
        self._let, self._stopped = 0, threading.Event()
        self._results: list[Any] = []
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5,
                                       batch_size=_BATCH_BYTES, delivery_timeout_ms=_PATIENCE_S * 1000)  # fmt: skip

    def let(self, share: float) -> None:
        """Let it send up to this share of the stream (0-1)."""
        self._let = max(self._let, round(share * len(self._records)))

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
            sent = self._producer.send(self._topic, one.value, key, partition=number, timestamp_ms=one.stamp)
            self._results.append(sent)
            self.sent[number].append(one)

    def finish(self) -> None:
        """Send what is left, and the heartbeats that close it. Raises KafkaError where the broker did not take it."""
        self.let(1.0)
        self.join()
        self._send(iter(self._closing))
        self._closing = []
        for one in self._results:
            one.get(_PATIENCE_S)

    def close(self) -> None:
        """End it wherever it is."""
        self._stopped.set()
        if self.is_alive():
            self.join()
        self._producer.close(timeout=5)

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
