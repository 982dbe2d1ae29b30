"""From outbox to receiver, over real sockets, through every fault: the effects are exactly the expected ones."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from contracts.sink_parts import HOUR_MS, T0, Clock, Told, lifted, local, requested, until, webhook_secret

from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Outbox
from streams.enforcement.outbox.in_memory import ABANDONED_MS, InMemoryOutbox
from streams.enforcement.receiver.apply import Desired
from streams.enforcement.receiver.faults import Fault, Faults, Planned
from streams.enforcement.receiver.server import Receiver
from streams.enforcement.sinks.secrets import webhook_key
from streams.enforcement.sinks.webhook import Webhook

SECRET = webhook_secret()


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


class KilledAt:
    """An outbox whose process is killed at the nth delivery: once it is claimed, before or after it is settled."""

    def __init__(self, outbox: InMemoryOutbox, nth: int, point: str) -> None:
        self._outbox, self._left, self._point = outbox, nth, point
        self.next_due = outbox.next_due

    def claim(self, sink: str, most: int, now_ms: int) -> Sequence[Delivery]:
        found = self._outbox.claim(sink, most, now_ms)
        self._left -= len(found)
        self._here("claimed", bool(found))
        return found

    def settle(self, delivery: Delivery, attempt: Attempt, next_ms: int | None, now_ms: int) -> None:
        self._here("sent")
        self._outbox.settle(delivery, attempt, next_ms, now_ms)
        self._here("settled")

    def _here(self, point: str, now: bool = True) -> None:
        if now and self._left == 0 and point == self._point:
            raise Killed


POINTS = ("claimed", "sent", "settled")


class Street:
    """A receiver, a sink, a clock for both, and an outbox between."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.told = Clock(), Told()
        self.faults, self.desired = Faults(), Desired(folder / "d")
        self.outbox = InMemoryOutbox()
        self.receiver = self._opened(0)
        self.port = self.receiver.port
        self.sink = Webhook("actuator", self.receiver.url, [SECRET], local(), timeout_s=0.5)

    def _opened(self, port: int) -> Receiver:
        found = Receiver(self.desired, [webhook_key(SECRET)], self.clock, port, self.faults)
        found.start()
        return found

    def up(self) -> None:
        self.receiver = self._opened(self.port)

    def deliverer(self, outbox: Outbox | None = None) -> Deliverer:
        return Deliverer(outbox or self.outbox, self.sink, self.clock, random.Random(7).random, self.told)

    def play(self, deliverer: Deliverer, for_ms: int, step_ms: int = 1_000) -> None:
        end = self.clock.now_ms + for_ms
        while self.clock.now_ms < end:
            deliverer.turn()
            self.clock.now_ms += step_ms

    @property
    def effects(self) -> list[tuple[str, str]]:
        return [(one.action_id, one.state) for one in self.desired.effects()]

    def close(self) -> None:
        self.receiver.close()
        self.sink.close()


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    found = Street(tmp_path)
    yield found
    found.close()


FAULTS = {
    "500s": [Planned(Fault.ERROR)] * 3,
    "429": [Planned(Fault.BUSY, 20), Planned(Fault.BUSY, 1)],
    "hung up": [Planned(Fault.DOWN)] * 2,
    "answer dropped after applying": [Planned(Fault.DROP)] * 2,
    "silent": [Planned(Fault.SILENT)],
    "silent after applying": [Planned(Fault.LATE)],
    "one of each": [Planned(fault) for fault in Fault],
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_effect_once(street: Street, name: str) -> None:
    """Through each fault two accounts are suspended once, and the one that is lifted is lifted after it."""
    street.faults.add(*FAULTS[name])
    street.outbox.put(requested("a", not_after=T0 + HOUR_MS))
    street.outbox.put(lifted("a"))
    street.outbox.put(requested("b", "acct-2", at=T0 + 2, not_after=T0 + HOUR_MS))
    street.play(street.deliverer(), 10 * 60_000)
    assert sorted(street.effects) == [("a", "lifted"), ("a", "requested"), ("b", "requested")]
    assert street.effects.index(("a", "requested")) < street.effects.index(("a", "lifted"))
    assert [one["action_id"] for one in street.desired.in_force(T0)] == ["b"]
    assert street.faults.shown == [one.fault for one in FAULTS[name]]
    assert sorted(id for id, _, final in street.told.all if final) == ["a", "a.lift", "b"]


def test_retry_after_is_honoured(street: Street) -> None:
    """A receiver that asks for 20 s is left alone for 20 s."""
    street.faults.add(Planned(Fault.BUSY, 20))
    street.outbox.put(requested("a"))
    one = street.deliverer()
    one.turn()
    due = street.outbox.next_due("actuator")
    assert due is not None
    assert due >= T0 + 20_000


def test_down_for_an_hour(street: Street) -> None:
    """What may wait arrives once after an hour's outage; what had to leave within it never does, nor its lift twice."""
    street.receiver.close()
    street.outbox.put(requested("short", "acct-1", not_after=T0 + 5 * 60_000))
    street.outbox.put(requested("long", "acct-2", not_after=T0 + 3 * HOUR_MS))
    street.outbox.put(lifted("old", "acct-3", version=2))
    one = street.deliverer()
    street.play(one, HOUR_MS, 5_000)
    assert street.effects == []
    street.up()
    street.play(one, 5 * HOUR_MS, 60_000)
    assert sorted(street.effects) == [("long", "requested"), ("old", "lifted")]
    assert street.outbox.over("actuator", "short") in ("later", "expired")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("fault", [None, Fault.DROP, Fault.ERROR])
def test_a_kill_in_between(street: Street, nth: int, point: str, fault: Fault | None) -> None:
    """A process killed after claiming, sending or settling, then a new one: each effect once."""
    if fault is not None:
        street.faults.add(Planned(fault))
    for n in range(3):
        street.outbox.put(requested(f"a{n}", f"acct-{n}", at=T0 + n))
    street.outbox.put(lifted("a0", "acct-0", at=T0 + 5))
    killed = street.deliverer(KilledAt(street.outbox, nth, point))
    with pytest.raises(Killed):
        street.play(killed, 10 * 60_000)
    street.clock.now_ms += ABANDONED_MS
    street.play(street.deliverer(), 10 * 60_000)
    assert sorted(street.effects) == [("a0", "lifted"), ("a0", "requested"), ("a1", "requested"), ("a2", "requested")]


def test_random_faults(street: Street) -> None:
    """Thirty accounts through sixty random faults and kills: every suspension once, nothing else."""
    chance = random.Random(20_270_115)
    quick = [Fault.ERROR, Fault.BUSY, Fault.DOWN, Fault.DROP]
    for n in range(30):
        street.outbox.put(requested(f"a{n}", f"acct-{n}", at=T0 + n, not_after=T0 + 20 * HOUR_MS))
    for _ in range(20):
        street.faults.add(*[Planned(chance.choice(quick)) for _ in range(3)])
        try:
            street.play(street.deliverer(KilledAt(street.outbox, chance.randint(1, 8), chance.choice(POINTS))), 30_000)
        except Killed:
            street.clock.now_ms += ABANDONED_MS
    street.play(street.deliverer(), 2 * HOUR_MS, 20_000)
    assert sorted(street.effects) == sorted((f"a{n}", "requested") for n in range(30))
    assert len(street.faults.shown) > 20


def test_a_slow_receiver_holds_no_other_up(street: Street, tmp_path: Path) -> None:
    """While one receiver keeps silent, all of another's messages arrive."""
    other_desired = Desired(tmp_path / "other")
    other = Receiver(other_desired, [webhook_key(SECRET)], street.clock)
    other.start()
    fast = Webhook("fast", other.url, [SECRET], local(), 5)
    slow = Webhook("slow", street.receiver.url, [SECRET], local(), 30)
    street.faults.add(Planned(Fault.SILENT))
    stop = threading.Event()
    for n in range(10):
        for sink in ("fast", "slow"):
            street.outbox.put(requested(f"a{n}", f"acct-{n}", sink=sink))
    both = [Deliverer(street.outbox, sink, street.clock, lambda: 0.5, street.told) for sink in (fast, slow)]
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in both]
    for thread in threads:
        thread.start()
    until(lambda: len(other_desired.effects()) == 10)
    assert street.effects == []
    stop.set()
    street.faults.release()
    for thread in threads:
        thread.join(30)
    other.close()
    fast.close()
    slow.close()


def test_nothing_is_sent_unsigned_or_readable_as_another(street: Street) -> None:
    """A receiver with another secret refuses everything, and the sender is told so at once, as final."""
    stranger = Webhook("actuator", street.receiver.url, [webhook_secret("x")], local(), 5)
    street.outbox.put(requested("a"))
    Deliverer(street.outbox, stranger, street.clock, lambda: 0.5, street.told).turn()
    stranger.close()
    ((_, attempt, final),) = street.told.all
    assert (attempt.status, final) == (401, True)
    assert street.effects == []
