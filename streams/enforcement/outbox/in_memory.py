"""An outbox that lasts as long as its process: for tests and for trials without a ledger."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending

ABANDONED_MS = 120_000
"""After so long, a claimed delivery that nobody settled may be claimed again: who claimed it is gone."""

_Key = tuple[str, str]


@dataclass(frozen=True)
class Waiting:
    """A delivery that waits: since which place in the row, from when on it may leave, until when it is claimed."""

    delivery: Delivery
    place: int
    due_ms: int
    claimed_until_ms: int | None = None

    def free(self, now_ms: int) -> bool:
        """Whether nobody is sending it."""
        return self.claimed_until_ms is None or now_ms >= self.claimed_until_ms


class InMemoryOutbox:
    """Keeps deliveries in a dict; safe to use from several threads. A delivery is known by its sink and id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[_Key, Waiting] = {}
        self._over: dict[_Key, str] = {}
        self._places = 0

    def put(self, delivery: Delivery) -> None:
        """Let a delivery leave; one that is known already changes nothing."""
        with self._lock:
            key = (delivery.sink, delivery.id)
            if key not in self._waiting and key not in self._over:
                self._places += 1
                self._waiting[key] = Waiting(delivery, self._places, delivery.time_ms)

    def withdraw(self, id: str) -> None:
        """What has this id leaves no more; an attempt that is under way is still settled."""
        with self._lock:
            for key in [key for key in self._waiting if key[1] == id]:
                self._finish(key, "withdrawn")

    def over(self, sink: str, id: str) -> str | None:
        """How a delivery ended: `sent`, `refused`, `later` (given up), `expired`, `withdrawn`; None: not yet."""
        with self._lock:
            return self._over.get((sink, id))

    def claim(self, sink: str, most: int, now_ms: int) -> Sequence[Delivery]:
        """What may leave now, at most one of a subject, the oldest first."""
        with self._lock:
            self._expire(sink, now_ms)
            chosen = [one for one in self._first_of_subjects(sink) if one.due_ms <= now_ms and one.free(now_ms)][:most]
            return [self._claimed(one, now_ms) for one in chosen]

    def settle(self, delivery: Delivery, attempt: Attempt, next_ms: int | None, now_ms: int) -> None:
        """Note how an attempt ended; what is settled, withdrawn or claimed by another since stays as it is."""
        with self._lock:
            key = (delivery.sink, delivery.id)
            found = self._waiting.get(key)
            if attempt.ending is Ending.SENT and key in self._over:
                self._over[key] = str(Ending.SENT)  # it had left before it was withdrawn or given up
            if found is None or found.claimed_until_ms is None or found.delivery.attempts != delivery.attempts + 1:
                return
            if next_ms is None:
                self._finish(key, str(attempt.ending))
            else:
                self._waiting[key] = replace(found, due_ms=next_ms, claimed_until_ms=None)

    def next_due(self, sink: str) -> int | None:
        """When the next may leave, None where nothing waits."""
        with self._lock:
            firsts = self._first_of_subjects(sink)
            return min((max(one.due_ms, one.claimed_until_ms or 0) for one in firsts), default=None)

    def _expire(self, sink: str, now_ms: int) -> None:
        for key, one in list(self._waiting.items()):
            not_after = one.delivery.not_after_ms
            if key[0] == sink and not_after is not None and now_ms > not_after and one.free(now_ms):
                self._finish(key, "expired")

    def _first_of_subjects(self, sink: str) -> list[Waiting]:
        return list(_firsts(sorted((one for key, one in self._waiting.items() if key[0] == sink),
                                   key=lambda one: (one.delivery.time_ms, one.place))))  # fmt: skip

    def _claimed(self, one: Waiting, now_ms: int) -> Delivery:
        counted = replace(one.delivery, attempts=one.delivery.attempts + 1)
        key = (one.delivery.sink, one.delivery.id)
        self._waiting[key] = replace(one, delivery=counted, claimed_until_ms=now_ms + ABANDONED_MS)
        return one.delivery

    def _finish(self, key: _Key, how: str) -> None:
        del self._waiting[key]
        self._over[key] = how


def _firsts(ordered: Sequence[Waiting]) -> Iterator[Waiting]:
    seen: set[str] = set()
    for one in ordered:
        if one.delivery.subject not in seen:
            seen.add(one.delivery.subject)
            yield one
