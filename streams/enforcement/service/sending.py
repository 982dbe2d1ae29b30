"""A sink that sends only while its process may act."""

from __future__ import annotations

from collections.abc import Callable

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending, Sink


class WhileHeld:
    """Another sink, asked only while the lease is held: who is frozen between claiming a delivery and sending it must
    not send it when it wakes, long after another has taken over.
    """

    def __init__(self, sink: Sink, held: Callable[[], bool]) -> None:
        self.name = sink.name
        self._sink, self._held = sink, held

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        if not self._held():
            return Attempt(Ending.LATER, detail="this process may not act any more")
        return self._sink.send(delivery, now_ms)

    def close(self) -> None:
        self._sink.close()
