"""Whoever writes the soak's events: at a steady rate, until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

from confluent_kafka import KafkaError, Message, Producer
from soak.spoilt import spoilt
from soak.traffic import Sent, attack, honest, miner

RATES: Mapping[str, float] = {"honest": 40, "attack": 35, "miner": 0.5, "spoilt": 2}
"""Records a second; of the spoilt so few that they stay a small share of all."""

_SLICE_S = 0.05


def _spoilt(number: int, now_ms: int) -> Sent:
    return Sent(f"acct-{number % 50}", spoilt(number, now_ms)[1])


_MAKES: Mapping[str, Callable[[int, int], Sent]] = {
    "honest": honest, "attack": attack, "miner": miner, "spoilt": _spoilt
}  # fmt: skip


class Feeder(threading.Thread):
    """Writes all kinds of records side by side. acknowledged: by the broker; hostile: distinct values among them;
    failed: what the broker did not take.

    seed: where each kind's numbers begin, so that another seed brings other ids.
    """

    def __init__(self, bootstrap: str, topic: str, seed: int) -> None:
        super().__init__(name="feeder", daemon=True)
        self._topic, self._first, self._over = topic, seed * 1_000_000_000, threading.Event()
        self.acknowledged, self.hostile = 0, 0
        self.failed: list[KafkaError] = []
        self._sent = dict.fromkeys(RATES, 0)
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20,
                                   "log_level": 0})  # fmt: skip

    def run(self) -> None:
        begun = time.monotonic()
        while not self._over.wait(_SLICE_S):
            for one in self._due(time.monotonic() - begun):
                self._producer.produce(self._topic, one.value, one.key.encode(), on_delivery=self._told)
                self.hostile += one.hostile
            self._producer.poll(0)

    def _due(self, elapsed_s: float) -> Iterator[Sent]:
        now_ms = time.time_ns() // 1_000_000
        for kind, rate in RATES.items():
            while self._sent[kind] < rate * elapsed_s:
                yield _MAKES[kind](self._first + self._sent[kind], now_ms)
                self._sent[kind] += 1

    def _told(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self.failed.append(error)

    def finish(self) -> None:
        """Stop, and wait for every answer."""
        self._over.set()
        self.join()
        left = self._producer.flush(60)
        assert not left, f"{left:,} records were never answered: {self.failed[:1]}"
