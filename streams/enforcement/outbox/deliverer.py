"""Takes one sink's deliveries from the outbox to the sink: one at a time, never after their time, each settled."""

from __future__ import annotations

import threading
from collections.abc import Callable

from streams.enforcement.outbox.breaker import Breaker, RetryBudget
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending, Outbox, Sink
from streams.enforcement.outbox.schedule import next_attempt

Told = Callable[[Delivery, Attempt, bool], None]
"""Is told of each attempt, and whether it was the last one."""

MOST_A_TURN = 100  # deliveries, so that a turn ends
_LEAST_WAIT_S, _MOST_WAIT_S = 0.05, 0.5  # another process may write deliveries too, and a clock may jump


class Deliverer:
    """Delivers to one sink; give each sink one, and a thread, so that a slow one holds no other up.

    clock_ms: ms since 1970; jitter: 0 to 1, anew at each call; troubled: is told what the outbox or `told` raised in
    `run`, which goes on after it.
    """

    def __init__(self, outbox: Outbox, sink: Sink, clock_ms: Callable[[], int], jitter: Callable[[], float],
                 told: Told, troubled: Callable[[Exception], None] = lambda _: None) -> None:  # fmt: skip
        self._outbox, self._sink = outbox, sink
        self._clock_ms, self._jitter = clock_ms, jitter
        self._told, self._troubled = told, troubled
        self._breaker, self._budget = Breaker(), RetryBudget()
        self._woken = threading.Event()

    @property
    def sink(self) -> str:
        """What its sink is called."""
        return self._sink.name

    @property
    def open(self) -> bool:
        """Whether the breaker is open: the sink failed so often that it is only probed."""
        return self._breaker.probe_ms is not None

    def wake(self) -> None:
        """Say that there may be something new, or that `stop` was set; from any thread."""
        self._woken.set()

    def turn(self) -> int:
        """Deliver what may leave now; how many attempts were made. Raises what the outbox raises."""
        made = 0
        while made < MOST_A_TURN and self._one():
            made += 1
        return made

    def run(self, stop: threading.Event) -> None:
        """Deliver until stopped."""
        while not stop.is_set():
            if not self._turned():
                self._woken.wait(self._rest_s())
                self._woken.clear()

    def _turned(self) -> int:
        try:
            return self.turn()
        except Exception as error:  # the thread must outlive it, or everything after would wait in silence
            self._troubled(error)
            return 0

    def _one(self) -> bool:
        # One is claimed at a time: what is stopped or reversed while another is being sent must not leave.
        now = self._clock_ms()
        if not self._breaker.room(now):
            return False
        claimed = self._outbox.claim(self._sink.name, 1, now)
        for delivery in claimed:
            self._settle(delivery, self._attempt(delivery))
        return bool(claimed)

    def _attempt(self, delivery: Delivery) -> Attempt:
        now = self._clock_ms()
        if delivery.not_after_ms is not None and now > delivery.not_after_ms:
            return Attempt(Ending.REFUSED, detail="its time was over before it could leave")
        if not delivery.attempts:
            self._budget = self._budget.first(now)
        try:
            attempt = self._sink.send(delivery, now)
        except Exception as error:  # its text may hold what was sent
            attempt = Attempt(Ending.LATER, detail=f"the sink failed: {type(error).__name__}", certain=False)
        if attempt.ending is not Ending.REFUSED or attempt.status is not None:  # else nobody was asked
            self._breaker = self._breaker.after(attempt.ending is not Ending.LATER, self._clock_ms())
        return attempt

    def _settle(self, delivery: Delivery, attempt: Attempt) -> None:
        now = self._clock_ms()
        at = self._next(delivery, attempt, now)
        self._outbox.settle(delivery, attempt, at, now)
        self._told(delivery, attempt, at is None)

    def _next(self, delivery: Delivery, attempt: Attempt, now_ms: int) -> int | None:
        wanted = next_attempt(delivery, attempt, now_ms, self._jitter())
        if wanted is None:
            return None
        spaced, self._budget = self._budget.retry(wanted, now_ms)
        # The budget delays; it does not let an action lapse.
        return wanted if delivery.not_after_ms is not None and spaced > delivery.not_after_ms else spaced

    def _rest_s(self) -> float:
        try:
            due = self._outbox.next_due(self._sink.name)
        except Exception as error:
            self._troubled(error)
            due = None
        if due is None:
            return _MOST_WAIT_S
        left = max(due, self._breaker.probe_ms or 0) - self._clock_ms()
        return min(max(left / 1000, _LEAST_WAIT_S), _MOST_WAIT_S)
