"""A sink that sends only while its process may act."""

from __future__ import annotations

from collections.abc import Callable

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending, Sink
from streams.tracing import span


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
        with span("deliver", sink=self.name, type=delivery.type, attempt=delivery.attempts + 1,
                  action=str(delivery.data.get("action_id", ""))) as note:  # fmt: skip
            attempt = self._sink.send(delivery, now_ms)
            note(ending=str(attempt.ending), status=attempt.status or 0)
            return attempt

    def close(self) -> None:
        self._sink.close()
