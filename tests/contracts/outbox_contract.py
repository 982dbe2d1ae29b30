"""What must hold of every outbox. A test module inherits `OutboxContract` and gives a `harness` fixture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending, Outbox

SINK, T0 = "actuator", 1_800_000_000_000
HOUR_MS = 3_600_000

SENT, LATER, REFUSED = Attempt(Ending.SENT, 200), Attempt(Ending.LATER, 503), Attempt(Ending.REFUSED, 422)


class Harness(Protocol):
    """An outbox to try: what it takes to fill it, and to lose whoever was sending from it."""

    @property
    def outbox(self) -> Outbox:
        """The outbox, as a process has it now."""

    def put(self, delivery: Delivery) -> None:
        """Let it leave."""

    def withdraw(self, delivery: Delivery) -> None:
        """It must leave no more: stopped or reversed."""

    def over(self, delivery: Delivery) -> bool:
        """Whether it has left, or never will."""

    def crash(self) -> None:
        """Everything that was claimed is left as it is by a process that died; a new one opens the outbox."""


def delivery(
    id: str, subject: str = "acct-1", at: int = T0, sink: str = SINK, not_after: int | None = None
) -> Delivery:
    return Delivery(id, sink, "tipstaff.action.requested", subject, at, {"action_id": id}, 0, not_after, 1)


def ids(found: Sequence[Delivery]) -> list[str]:
    return [one.id for one in found]


class OutboxContract:
    """The suite. Times are given, so nothing waits."""

    def test_what_was_put_can_be_claimed_whole(self, harness: Harness) -> None:
        """A claimed delivery is the one that was put, with no attempt counted yet."""
        put = delivery("a", not_after=T0 + HOUR_MS)
        harness.put(put)
        assert list(harness.outbox.claim(SINK, 10, T0)) == [put]

    def test_nothing_waits_in_an_empty_outbox(self, harness: Harness) -> None:
        """An outbox with nothing in it gives nothing, and nothing is due."""
        assert not harness.outbox.claim(SINK, 10, T0)
        assert harness.outbox.next_due(SINK) is None

    def test_oldest_first_and_no_more_than_asked(self, harness: Harness) -> None:
        """Of several subjects the oldest come first, at most as many as asked for."""
        for n in (3, 1, 2, 4):
            harness.put(delivery(f"d{n}", f"acct-{n}", T0 + n))
        assert ids(harness.outbox.claim(SINK, 3, T0 + HOUR_MS)) == ["d1", "d2", "d3"]
        assert ids(harness.outbox.claim(SINK, 3, T0 + HOUR_MS)) == ["d4"]

    def test_never_two_of_one_subject_at_a_time(self, harness: Harness) -> None:
        """A subject's second message is not given while its first is under way, nor while it waits for a retry."""
        harness.put(delivery("suspend", at=T0))
        harness.put(delivery("suspend.lift", at=T0 + 1))
        first = harness.outbox.claim(SINK, 10, T0 + 10)
        assert ids(first) == ["suspend"]
        assert not harness.outbox.claim(SINK, 10, T0 + 10)
        harness.outbox.settle(first[0], LATER, T0 + 5_000, T0 + 20)
        assert not harness.outbox.claim(SINK, 10, T0 + 30)
        again = harness.outbox.claim(SINK, 10, T0 + 5_000)
        assert ids(again) == ["suspend"]
        harness.outbox.settle(again[0], SENT, None, T0 + 5_001)
        assert ids(harness.outbox.claim(SINK, 10, T0 + 5_002)) == ["suspend.lift"]

    def test_one_sink_never_holds_up_another(self, harness: Harness) -> None:
        """The same message for two sinks leaves for each of them by itself."""
        harness.put(delivery("a"))
        harness.put(delivery("a", sink="slack"))
        assert ids(harness.outbox.claim(SINK, 10, T0)) == ["a"]
        assert ids(harness.outbox.claim("slack", 10, T0)) == ["a"]

    def test_a_retry_waits_and_counts(self, harness: Harness) -> None:
        """What is to be tried later is due then, not before, and knows how often it was tried."""
        harness.put(delivery("a"))
        (first,) = harness.outbox.claim(SINK, 1, T0)
        harness.outbox.settle(first, LATER, T0 + 9_000, T0 + 1)
        assert harness.outbox.next_due(SINK) == T0 + 9_000
        assert not harness.outbox.claim(SINK, 1, T0 + 8_999)
        assert list(harness.outbox.claim(SINK, 1, T0 + 9_000)) == [replace(first, attempts=1)]

    def test_what_is_over_stays_over(self, harness: Harness) -> None:
        """Sent, refused and given up: none is given again, and settling again changes nothing."""
        for id, attempt in (("a", SENT), ("b", REFUSED), ("c", LATER)):
            harness.put(delivery(id, id))
            (claimed,) = harness.outbox.claim(SINK, 10, T0)
            for _ in range(2):
                harness.outbox.settle(claimed, attempt, None, T0 + 1)
                assert harness.over(delivery(id, id))
            harness.outbox.settle(claimed, LATER, T0 + 2, T0 + 1)
        assert not harness.outbox.claim(SINK, 10, T0 + HOUR_MS)
        assert harness.outbox.next_due(SINK) is None

    def test_settling_twice_keeps_the_first_time(self, harness: Harness) -> None:
        """A retry that is settled again does not come earlier, later, or counted twice."""
        harness.put(delivery("a"))
        (first,) = harness.outbox.claim(SINK, 1, T0)
        harness.outbox.settle(first, LATER, T0 + 9_000, T0 + 1)
        harness.outbox.settle(first, LATER, T0 + 50, T0 + 2)
        harness.outbox.settle(first, SENT, None, T0 + 3)
        assert not harness.outbox.claim(SINK, 1, T0 + 8_999)
        assert [one.attempts for one in harness.outbox.claim(SINK, 1, T0 + 9_000)] == [1]

    def test_what_is_expired_never_leaves(self, harness: Harness) -> None:
        """At its `not_after` a delivery may still leave, a millisecond later no more; the next of its subject may."""
        harness.put(delivery("a", "acct-1", T0, not_after=T0 + 100))
        harness.put(delivery("b", "acct-2", T0, not_after=T0 + 100))
        harness.put(delivery("c", "acct-1", T0 + 1))
        assert ids(harness.outbox.claim(SINK, 1, T0 + 100)) == ["a"]
        harness.crash()
        found = ids(harness.outbox.claim(SINK, 10, T0 + HOUR_MS))
        assert found == ["c"]
        assert harness.over(delivery("b", "acct-2"))

    def test_what_is_withdrawn_never_leaves(self, harness: Harness) -> None:
        """A delivery that was stopped or reversed before it was claimed is not given; the next of its subject is."""
        harness.put(delivery("a", at=T0))
        harness.put(delivery("b", at=T0 + 1))
        harness.withdraw(delivery("a"))
        assert ids(harness.outbox.claim(SINK, 10, T0 + 10)) == ["b"]

    def test_what_a_dead_process_claimed_comes_again(self, harness: Harness) -> None:
        """A claim that nobody settles is given again to another process, the same, and counted as an attempt."""
        harness.put(delivery("a"))
        (first,) = harness.outbox.claim(SINK, 1, T0)
        harness.crash()
        (again,) = harness.outbox.claim(SINK, 1, T0 + HOUR_MS)
        assert again == replace(first, attempts=1)

    def test_a_repeated_put_changes_nothing(self, harness: Harness) -> None:
        """The same id for the same sink leaves once, however often it is put."""
        harness.put(delivery("a"))
        harness.put(delivery("a"))
        (first,) = harness.outbox.claim(SINK, 10, T0)
        harness.put(delivery("a"))
        harness.outbox.settle(first, SENT, None, T0 + 1)
        harness.put(delivery("a"))
        assert not harness.outbox.claim(SINK, 10, T0 + HOUR_MS)
