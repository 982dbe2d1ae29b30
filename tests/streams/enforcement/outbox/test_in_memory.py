"""The outbox in memory keeps the contract of all outboxes."""

from __future__ import annotations

import threading

import pytest
from contracts.outbox_contract import LATER, SENT, SINK, T0, OutboxContract, delivery

from streams.enforcement.outbox.delivery import Delivery, Outbox
from streams.enforcement.outbox.in_memory import ABANDONED_MS, InMemoryOutbox


class InMemoryHarness:
    """The outbox in memory, as the suite wants it."""

    def __init__(self) -> None:
        self._outbox = InMemoryOutbox()

    @property
    def outbox(self) -> Outbox:
        return self._outbox

    def put(self, delivery: Delivery) -> None:
        self._outbox.put(delivery)

    def withdraw(self, delivery: Delivery) -> None:
        self._outbox.withdraw(delivery.id)

    def over(self, delivery: Delivery) -> bool:
        return self._outbox.over(delivery.sink, delivery.id) is not None

    def crash(self) -> None:
        """Nothing to do: a claim that nobody settles stands by itself."""


class TestInMemory(OutboxContract):
    """The suite, in memory."""

    @pytest.fixture
    def harness(self) -> InMemoryHarness:
        return InMemoryHarness()


def test_what_was_sent_before_it_was_withdrawn_counts_as_sent() -> None:
    """A withdrawal during an attempt does not hide that the attempt went through."""
    outbox = InMemoryOutbox()
    outbox.put(delivery("a"))
    (claimed,) = outbox.claim(SINK, 1, T0)
    outbox.withdraw("a")
    outbox.settle(claimed, SENT, None, T0)
    assert outbox.over(SINK, "a") == "sent"


def test_a_late_settlement_frees_nothing() -> None:
    """What a claimer that was given up says afterwards does not free what another is sending by then."""
    outbox = InMemoryOutbox()
    outbox.put(delivery("a"))
    (first,) = outbox.claim(SINK, 1, T0)
    (second,) = outbox.claim(SINK, 1, T0 + ABANDONED_MS)
    outbox.settle(first, LATER, T0, T0 + ABANDONED_MS)
    assert not outbox.claim(SINK, 1, T0 + ABANDONED_MS + 1)
    outbox.settle(second, SENT, None, T0 + ABANDONED_MS)
    assert outbox.over(SINK, "a") == "sent"


def test_two_threads_never_claim_the_same() -> None:
    """Under several claimers every delivery is given to exactly one."""
    outbox, lock = InMemoryOutbox(), threading.Lock()
    claimed: list[str] = []
    for n in range(200):
        outbox.put(delivery(f"d{n}", f"acct-{n}"))

    def work() -> None:
        while found := outbox.claim(SINK, 3, T0):
            with lock:
                claimed.extend(one.id for one in found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(f"d{n}" for n in range(200))
