"""The ledger's outbox keeps the contract of all outboxes, and moves actions along with their messages."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from contracts.outbox_contract import HOUR_MS, LATER, REFUSED, SENT, SINK, T0, OutboxContract, delivery, ids
from playing import ACTIONS, NOTICES, PAGES, Play, made_alert

from streams.enforcement.ledger.messages import Messages
from streams.enforcement.ledger.moves import Moves
from streams.enforcement.ledger.outbox import LedgerOutbox
from streams.enforcement.ledger.rows import action_row
from streams.enforcement.ledger.schema import actions, outbox, strikes, switch, warned
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.policy.action import Action, State

LOST = Attempt(Ending.LATER, None, "no answer", certain=False)
UNASKED: dict[str, Any] = {
    "plan": None, "purse": None, "held_by": None, "ended_by": None, "strikes": 0, "restricted": False, "end_users": [],
    "deadline_ms": None, "case_id": None, "reminded": False, "desired_version": 1,
}  # fmt: skip


def an_action(id: str, account: str, at: int, not_after: int | None) -> Action:
    """An action whose message waits."""
    return Action(id, "suspend", "account", account, account, "mining", "miner", "v1", "alert-1", State.GUARDED, at,
                  not_after or at + 100 * HOUR_MS, None)  # fmt: skip


def moved(tx: Transaction, play: Play) -> Moves:
    return Moves(tx, Messages(tx, play.enforcer.routes), Trail(tx))


class LedgerHarness:
    """The ledger's outbox, as the suite wants it: each message asks for an action of its own; lifts go nowhere."""

    def __init__(self, play: Play) -> None:
        self._play = play
        play.enforcer.routes = {}
        self.outbox: LedgerOutbox = play.enforcer.outbox()

    def put(self, delivery: Delivery) -> None:
        with self._play.ledger.writing(delivery.time_ms) as tx:
            if moved(tx, self._play).row(delivery.id) is None:
                action = an_action(delivery.id, delivery.subject, delivery.time_ms, delivery.not_after_ms)
                known = {column.name: None for column in actions.columns}
                tx.insert(actions, [{**known, **UNASKED, **action_row(action)}])
            messages = Messages(tx, {delivery.type: [delivery.sink]})
            messages.post(delivery.id, delivery.type, delivery.subject, delivery.data, version=delivery.version,
                          not_after_ms=delivery.not_after_ms, action_id=delivery.id)  # fmt: skip
            messages.flush()

    def withdraw(self, delivery: Delivery) -> None:
        with self._play.ledger.writing(delivery.time_ms) as tx:
            moves = moved(tx, self._play)
            row = moves.row(delivery.id)
            assert row is not None
            assert moves.reverse(row, POLICY, "undone")

    def over(self, delivery: Delivery) -> bool:
        mine = sa.and_(outbox.c.delivery_id == delivery.id, outbox.c.sink == delivery.sink)
        (row,) = self._play.rows(outbox, mine)
        return row["state"] not in ("waiting", "trying")

    def crash(self) -> None:
        """The connections break as they are; another process opens the outbox."""
        self._play.ledger.engine.dispose()
        self.outbox = self._play.enforcer.outbox()


class TestLedgerOutbox(OutboxContract):
    """The suite, on each database."""

    @pytest.fixture
    def harness(self, play: Play) -> LedgerHarness:
        return LedgerHarness(play)


@pytest.fixture
def stopped(play: Play) -> Play:
    """A play in which the stop of a pod has been decided and waits in the outbox."""
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    return play


def claimed(play: Play, sink: str = ACTIONS) -> Delivery:
    """The one delivery that may leave now."""
    (found,) = play.enforcer.outbox().claim(sink, 10, play.now_ms)
    return found


def settled(play: Play, attempt: Attempt, next_ms: int | None = None) -> Delivery:
    """An attempt that ended so."""
    found = claimed(play)
    play.enforcer.outbox().settle(found, attempt, next_ms, play.now_ms)
    return found


def paged(play: Play) -> list[str]:
    """What people on call are about to be told."""
    return [one.data["summary"] for one in play.enforcer.outbox().claim(PAGES, 10, play.now_ms)]


def states(play: Play) -> list[str]:
    return [row["state"] for row in play.actions()]


def messages(play: Play, sink: str = ACTIONS) -> list[tuple[str, str]]:
    """Type and state of a sink's messages, oldest first."""
    rows = sorted(play.rows(outbox, outbox.c.sink == sink), key=lambda row: row["number"])
    return [(row["type"].removeprefix("tipstaff.action."), row["state"]) for row in rows]


def test_an_action_moves_with_its_message(stopped: Play) -> None:
    """Guarded while it waits, dispatched from its claim on, confirmed when the receiver has it, and at that time."""
    assert states(stopped) == ["guarded"]
    found = claimed(stopped)
    assert states(stopped) == ["dispatched"]
    stopped.now_ms += 700
    stopped.enforcer.outbox().settle(found, SENT, None, stopped.now_ms)
    assert [(row["state"], row["confirmed_ms"]) for row in stopped.actions()] == [("confirmed", stopped.now_ms)]


def test_settling_twice_counts_once(stopped: Play) -> None:
    """A second word on the same attempt, whatever it says, neither confirms again nor takes the first word back."""
    found = settled(stopped, SENT)
    before = stopped.rows(outbox), stopped.rows(actions), stopped.rows(strikes)
    for attempt in (SENT, REFUSED, LATER):
        stopped.enforcer.outbox().settle(found, attempt, None, stopped.now_ms + 1)
    assert (stopped.rows(outbox), stopped.rows(actions), stopped.rows(strikes)) == before


def test_what_the_receiver_never_takes_fails_and_people_are_told(stopped: Play) -> None:
    """A refusal for good fails the action and pages that it did not come about, with the receiver's reason."""
    settled(stopped, Attempt(Ending.REFUSED, 422, "unknown target"))
    assert states(stopped) == ["failed"]
    assert any("was not carried out: unknown target" in one for one in paged(stopped))


def test_what_may_have_arrived_is_lifted_when_its_time_is_over(stopped: Play) -> None:
    """After an attempt that nobody answered, expiry sends a lift: the receiver may hold what we count as expired."""
    settled(stopped, LOST, stopped.now_ms + 1_000)
    stopped.now_ms = stopped.actions()[0]["not_after_ms"] + 1
    assert claimed(stopped).id == stopped.actions()[0]["action_id"] + ".lift"
    assert states(stopped) == ["expired"]
    assert messages(stopped) == [("requested", "expired"), ("lifted", "trying")]


def test_what_never_left_needs_no_lift(stopped: Play) -> None:
    """An action that expires before any attempt leaves nothing to lift; people are told that it lapsed."""
    stopped.now_ms = stopped.actions()[0]["not_after_ms"] + 1
    assert not stopped.enforcer.outbox().claim(ACTIONS, 10, stopped.now_ms)
    assert (states(stopped), messages(stopped)) == (["expired"], [("requested", "expired")])
    assert any("not delivered in time" in one for one in paged(stopped))


def test_a_reversal_while_an_attempt_is_under_way_is_lifted_after_it(stopped: Play) -> None:
    """Undone in mid-attempt, an action is lifted, and the attempt's late success does not bring it back."""
    found = claimed(stopped)
    with stopped.ledger.writing(stopped.now_ms) as tx:
        posted = Messages(tx, stopped.enforcer.routes)
        assert Moves(tx, posted, Trail(tx)).reverse(stopped.actions()[0], "ann", "a mistake")
        posted.flush()
    stopped.enforcer.outbox().settle(found, SENT, None, stopped.now_ms)
    assert states(stopped) == ["reversed"]
    assert messages(stopped) == [("requested", "cancelled"), ("lifted", "waiting")]
    assert stopped.rows(strikes, strikes.c.reversed_ms.is_(None)) == []


def test_a_lift_never_expires(play: Play) -> None:
    """What gives somebody their service back is still delivered after a year of failures."""
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    with play.ledger.writing(play.now_ms) as tx:
        posted = Messages(tx, play.enforcer.routes)
        assert Moves(tx, posted, Trail(tx)).reverse(play.actions()[0], "ann", "a mistake")
        posted.flush()
    settled(play, LATER, play.now_ms + 1_000)
    play.now_ms += 366 * 24 * HOUR_MS
    assert claimed(play).id.endswith(".lift")


def test_what_waits_for_the_switch_is_looked_at_again(stopped: Play) -> None:
    """With the switch off nothing is claimed and no attempt is counted; once it is on, the same message leaves."""
    with stopped.ledger.writing(stopped.now_ms) as tx:
        tx.update(switch, switch.c.scope == "all", on=False)
    assert not stopped.enforcer.outbox().claim(ACTIONS, 10, stopped.now_ms)
    assert stopped.enforcer.outbox().next_due(ACTIONS) == stopped.now_ms + 1_000
    with stopped.ledger.writing(stopped.now_ms) as tx:
        tx.update(switch, switch.c.scope == "all", on=True)
    stopped.now_ms += 1_000
    assert claimed(stopped).attempts == 0


def test_what_may_no_longer_leave_is_cancelled(stopped: Play) -> None:
    """An account that came onto the allow-list since the decision is left alone: the message is cancelled."""
    stopped.know("acme", allow_listed_until_ms=stopped.now_ms + HOUR_MS)
    assert not stopped.enforcer.outbox().claim(ACTIONS, 10, stopped.now_ms)
    assert (states(stopped), messages(stopped)) == (["reversed"], [("requested", "cancelled")])


def test_a_message_whose_action_is_gone_holds_nothing_up(play: Play) -> None:
    """A message about an action that the ledger does not hold is cancelled, and the next of its subject leaves."""
    harness = LedgerHarness(play)
    harness.put(delivery("a", at=T0))
    harness.put(delivery("b", at=T0 + 1))
    with play.ledger.writing(T0) as tx:
        tx.delete(actions, actions.c.action_id == "a")
    assert ids(play.enforcer.outbox().claim(SINK, 10, T0 + 10)) == ["b"]
    assert harness.over(delivery("a"))


def test_what_is_behind_another_is_not_due(play: Play) -> None:
    """While a subject's first message waits for a retry, its second does not wake the deliverer."""
    harness = LedgerHarness(play)
    harness.put(delivery("a", at=T0))
    harness.put(delivery("b", at=T0 + 1))
    (first,) = harness.outbox.claim(SINK, 10, T0 + 10)
    harness.outbox.settle(first, LATER, T0 + 9_000, T0 + 20)
    assert harness.outbox.next_due(SINK) == T0 + 9_000


def test_a_crash_between_claim_and_settling_is_an_attempt(stopped: Play) -> None:
    """What a dead process claimed is claimed again after a minute, with its attempt counted, and confirmed once."""
    first = claimed(stopped)
    stopped.now_ms += 59_000
    assert not stopped.enforcer.outbox().claim(ACTIONS, 10, stopped.now_ms)
    stopped.now_ms += 1_000
    again = claimed(stopped)
    assert (again.id, again.attempts, again.data) == (first.id, 1, first.data)
    stopped.enforcer.outbox().settle(first, REFUSED, None, stopped.now_ms)  # the dead one, after all: too late
    stopped.enforcer.outbox().settle(again, SENT, None, stopped.now_ms)
    assert states(stopped) == ["confirmed"]


def test_an_action_for_two_sinks_is_in_force_when_both_have_it(play: Play) -> None:
    """While one of two sinks has not answered, the action is not confirmed."""
    play.enforcer.routes = {**play.enforcer.routes, "tipstaff.action.requested": [ACTIONS, "second"]}
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    settled(play, SENT)
    assert states(play) == ["dispatched"]
    other = claimed(play, "second")
    play.enforcer.outbox().settle(other, SENT, None, play.now_ms)
    assert states(play) == ["confirmed"]


def test_a_notice_counts_from_its_delivery(play: Play) -> None:
    """The strike of a notice is given when the mail was taken, not before, and taken back when it is reversed."""
    play.enforcer.take([made_alert("miner", "mining", severity="low")], play.now_ms)
    assert (states(play), play.rows(strikes)) == (["guarded"], [])
    play.now_ms += 5_000
    play.enforcer.outbox().settle(claimed(play, NOTICES), SENT, None, play.now_ms)
    assert [(row["count"], row["given_ms"]) for row in play.rows(strikes)] == [(1, play.now_ms)]
    with play.ledger.writing(play.now_ms) as tx:
        assert moved(tx, play).reverse(play.actions()[0], "ann", "a mistake")
    assert play.rows(strikes, strikes.c.reversed_ms.is_(None)) == play.rows(warned) == []


def test_what_a_sink_answered_is_kept(stopped: Play) -> None:
    """Status, reason and answer of the last attempt stand in the ledger, the reason at most 200 characters long."""
    answer: dict[str, Any] = {"applied": True, "nested": [1, None, 2.5]}
    settled(stopped, Attempt(Ending.LATER, 503, "x" * 500, answer=answer), stopped.now_ms + 1_000)
    (row,) = stopped.rows(outbox, outbox.c.sink == ACTIONS)
    assert (row["last_status"], row["last_detail"], row["answer"]) == (503, "x" * 200, answer)
