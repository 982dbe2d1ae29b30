"""The deliverer: from outbox to sink, in time, once, whatever the sink does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from contracts.sink_parts import HOUR_MS, T0, Clock, Told, requested, until

from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.in_memory import ABANDONED_MS, InMemoryOutbox

SENT, LATER = Attempt(Ending.SENT, 200), Attempt(Ending.LATER, 503)


class ScriptedSink:
    """A sink that does as it is told: per attempt an answer, or something to do that gives one."""

    def __init__(self, *script: Attempt | Callable[[Delivery], Attempt], then: Attempt = SENT, name: str = "actuator",
                 ) -> None:  # fmt: skip
        self.name, self._script, self._then = name, list(script), then
        self.sent: list[tuple[str, int]] = []

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        self.sent.append((delivery.id, now_ms))
        step = self._script.pop(0) if self._script else self._then
        return step if isinstance(step, Attempt) else step(delivery)

    def close(self) -> None:
        """Nothing is open."""


class FailingOutbox(InMemoryOutbox):
    """An outbox that cannot be written while `broken` is set."""

    broken = False

    def settle(self, delivery: Delivery, attempt: Attempt, next_ms: int | None, now_ms: int) -> None:
        if self.broken:
            raise ConnectionError("the database is gone")
        super().settle(delivery, attempt, next_ms, now_ms)


def deliverer(outbox: InMemoryOutbox, sink: ScriptedSink, clock: Clock, told: Told | None = None) -> Deliverer:
    return Deliverer(outbox, sink, clock, lambda: 0.5, told or Told())


def test_delivers_and_tells() -> None:
    """What waits is sent, settled and told of as final; then nothing is left."""
    outbox, sink, told = InMemoryOutbox(), ScriptedSink(), Told()
    outbox.put(requested("a"))
    one = deliverer(outbox, sink, Clock(), told)
    assert one.turn() == 1
    assert one.turn() == 0
    assert told.all == [("a", SENT, True)]
    assert outbox.over("actuator", "a") == "sent"


def test_retries_until_it_works() -> None:
    """A failing attempt is told of as not final, and made again when it is due, not before."""
    outbox, sink, told, clock = InMemoryOutbox(), ScriptedSink(LATER), Told(), Clock()
    outbox.put(requested("a"))
    one = deliverer(outbox, sink, clock, told)
    one.turn()
    due = outbox.next_due("actuator")
    assert due is not None
    assert due > T0
    clock.now_ms = due - 1
    assert one.turn() == 0
    clock.now_ms = due
    assert one.turn() == 1
    assert [final for _, _, final in told.all] == [False, True]


def test_nothing_leaves_after_its_time() -> None:
    """A delivery whose time passes between claim and sending is not sent, and told of as final."""
    outbox, told, clock = InMemoryOutbox(), Told(), Clock()
    outbox.put(requested("a", not_after=T0 + 10))
    sink = ScriptedSink()

    class Leaping(InMemoryOutbox):
        def claim(self, sink: str, most: int, now_ms: int) -> list[Delivery]:
            found = list(outbox.claim(sink, most, now_ms))
            clock.now_ms = T0 + 11
            return found

        def settle(self, delivery: Delivery, attempt: Attempt, next_ms: int | None, now_ms: int) -> None:
            outbox.settle(delivery, attempt, next_ms, now_ms)

    assert deliverer(Leaping(), sink, clock, told).turn() == 1
    assert not sink.sent
    assert [(id, final) for id, _, final in told.all] == [("a", True)]
    assert outbox.over("actuator", "a") == "refused"


def test_gives_up_in_time() -> None:
    """Under a sink that never works, attempts end at `not_after`, and the end is told of or expires in the outbox."""
    outbox, sink, clock = InMemoryOutbox(), ScriptedSink(then=LATER), Clock()
    outbox.put(requested("a", not_after=T0 + 5 * 60_000))
    one = deliverer(outbox, sink, clock)
    while clock.now_ms < T0 + HOUR_MS:
        one.turn()
        clock.now_ms += 1_000
    assert len(sink.sent) > 5
    assert max(at for _, at in sink.sent) <= T0 + 5 * 60_000
    assert outbox.over("actuator", "a") in ("later", "expired")


def test_what_is_withdrawn_during_another_attempt_does_not_leave() -> None:
    """A delivery that is stopped while the one before it is being sent never reaches the sink."""
    outbox, clock = InMemoryOutbox(), Clock()

    def stopping(_: Delivery) -> Attempt:
        outbox.withdraw("b")
        return SENT

    sink = ScriptedSink(stopping)
    outbox.put(requested("a", "acct-1"))
    outbox.put(requested("b", "acct-2", at=T0))
    deliverer(outbox, sink, clock).turn()
    assert [id for id, _ in sink.sent] == ["a"]


def test_a_sink_that_raises_is_tried_later_and_its_words_stay_unsaid() -> None:
    """An exception becomes an attempt that may have been applied, and names its class alone."""

    def raising(_: Delivery) -> Attempt:
        raise ValueError("whsec_CANARY")

    outbox, told = InMemoryOutbox(), Told()
    outbox.put(requested("a"))
    deliverer(outbox, ScriptedSink(raising), Clock(), told).turn()
    ((_, attempt, final),) = told.all
    assert (attempt.ending, attempt.certain, final) == (Ending.LATER, False, False)
    assert attempt.detail == "the sink failed: ValueError"


def test_a_dead_sink_is_only_probed() -> None:
    """With a hundred accounts waiting, a sink that is down for an hour gets five attempts and then one each 30 s."""
    outbox, sink, clock = InMemoryOutbox(), ScriptedSink(then=LATER), Clock()
    for n in range(100):
        outbox.put(requested(f"a{n}", f"acct-{n}", not_after=T0 + 2 * HOUR_MS))
    one = deliverer(outbox, sink, clock)
    while clock.now_ms < T0 + HOUR_MS:
        one.turn()
        clock.now_ms += 1_000
    assert one.open
    assert 100 <= len(sink.sent) <= 5 + 120
    sink._then = SENT
    while clock.now_ms < T0 + HOUR_MS + 10 * 60_000:
        one.turn()
        clock.now_ms += 1_000
    assert all(outbox.over("actuator", f"a{n}") == "sent" for n in range(100))


def test_a_lost_settlement_sends_the_same_again() -> None:
    """Where the outbox fails after sending, run says so and goes on, and the same id is sent again, the same."""
    outbox, sink, clock = FailingOutbox(), ScriptedSink(), Clock()
    troubles: list[Exception] = []
    outbox.broken = True
    outbox.put(requested("a"))
    one = Deliverer(outbox, sink, clock, lambda: 0.5, Told(), troubles.append)
    stop = threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    until(lambda: bool(troubles))
    outbox.broken = False
    clock.now_ms += ABANDONED_MS
    one.wake()
    until(lambda: outbox.over("actuator", "a") == "sent")
    stop.set()
    one.wake()
    thread.join(10)
    assert not thread.is_alive()
    assert [id for id, _ in sink.sent] == ["a", "a"]
    assert isinstance(troubles[0], ConnectionError)


def test_run_waits_without_spinning_and_wakes() -> None:
    """With nothing to do the outbox is looked at a few times a second; what is put and waked for leaves at once."""

    class Counting(InMemoryOutbox):
        looked = 0

        def claim(self, sink: str, most: int, now_ms: int) -> list[Delivery]:
            self.looked += 1
            return list(super().claim(sink, most, now_ms))

    outbox, sink, stop = Counting(), ScriptedSink(), threading.Event()
    one = deliverer(outbox, sink, Clock())
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    until(lambda: outbox.looked >= 2)
    assert not threading.Event().wait(1.0)
    assert outbox.looked < 20
    outbox.put(requested("a"))
    one.wake()
    until(lambda: len(sink.sent) == 1)
    stop.set()
    one.wake()
    thread.join(10)
    assert not thread.is_alive()


def test_a_slow_sink_holds_no_other_up() -> None:
    """While one sink blocks, another one's deliveries all leave."""
    outbox, hold, clock = InMemoryOutbox(), threading.Event(), Clock()

    def blocking(_: Delivery) -> Attempt:
        hold.wait(30)
        return SENT

    slow, fast = ScriptedSink(blocking, name="slow"), ScriptedSink(name="fast")
    for n in range(20):
        for sink in ("slow", "fast"):
            outbox.put(replace(requested(f"a{n}", f"acct-{n}"), sink=sink))
    stop = threading.Event()
    both = [deliverer(outbox, sink, clock) for sink in (slow, fast)]
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in both]
    for thread in threads:
        thread.start()
    until(lambda: len(fast.sent) == 20)
    assert len(slow.sent) == 1
    hold.set()
    until(lambda: len(slow.sent) == 20)
    stop.set()
    for thread in threads:
        thread.join(10)
