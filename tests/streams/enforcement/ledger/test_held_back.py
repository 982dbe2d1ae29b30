"""What the switch holds back holds up nothing else of the same account."""

from __future__ import annotations

import pytest
from playing import ACTIONS, Play, made_alert

from streams.enforcement.ledger.schema import outbox
from streams.enforcement.outbox.delivery import Attempt, Ending

LOST = Attempt(Ending.LATER, None, "no answer", certain=False)


@pytest.fixture
def held(play: Play) -> Play:
    """A person stopped pod-1; the stop of pod-2 was decided, and somebody stopped everything before it left."""
    play.hire("eve", "enforcer")
    play.hire("ada", "admin")
    play.hire("ben", "admin")
    pod = {"kind": "workload", "account_id": "acme", "id": "pod-1"}
    play.command("eve", "account.act", rung="stop_workload", clause="mining", targets=[pod])
    play.enforcer.take([made_alert("miner", "mining", workload="pod-2")], play.now_ms)
    play.command("eve", "enforcement.stop", scopes=["all"])
    assert play.in_force() == [("stop_workload", "pod-1")]
    return play


def undo(play: Play, pod: str) -> None:
    """A person undoes the stop of a pod; a second passes."""
    (row,) = play.actions(entity_id=pod)
    play.command("eve", "action.undo", ids=[row["action_id"]])
    play.now_ms += 1_000
    play.deliver()


def resumed(play: Play) -> None:
    """Two people let everything go on."""
    change = play.command("ada", "enforcement.resume", scopes=["all"]).found["change"]
    play.command("ben", "action.approve", ids=[change], change=change)
    play.now_ms += 1_000
    play.deliver()


def test_a_lift_passes_a_request_that_the_switch_holds(held: Play) -> None:
    """Undone while all is stopped, pod-1 runs again within a second; pod-2 stops when enforcement goes on."""
    undo(held, "pod-1")
    assert held.in_force() == []
    resumed(held)
    assert held.in_force() == [("stop_workload", "pod-2")]
    assert {row["entity_id"]: row["state"] for row in held.actions()} == {"pod-1": "reversed", "pod-2": "confirmed"}


def test_an_owner_reads_of_nothing_that_never_comes(held: Play) -> None:
    """The reasons for what the switch holds wait with it, and are never sent where it is undone before it left."""
    (one, two) = (f"{held.actions(entity_id=pod)[0]['action_id']}.reasons" for pod in ("pod-1", "pod-2"))
    held.now_ms += 1_000
    held.deliver()
    assert set(held.notices.got) == {one}
    undo(held, "pod-2")
    resumed(held)
    assert set(held.notices.got) == {one}
    (letter,) = held.rows(outbox, outbox.c.delivery_id == two)
    assert letter["state"] == "cancelled"


def test_undoing_what_the_switch_holds_cancels_it(held: Play) -> None:
    """What has not left is cancelled, nothing is sent about it, then or later."""
    undo(held, "pod-2")
    resumed(held)
    assert held.effects() == [("stop_workload", "requested")]
    assert sorted(row["state"] for row in held.rows(outbox, outbox.c.sink == ACTIONS)) == ["cancelled", "sent"]


def test_undoing_what_may_have_arrived_is_lifted_while_all_is_stopped(play: Play) -> None:
    """After an attempt that nobody answered, then the switch, its lift leaves, and it is asked for no more."""
    play.hire("eve", "enforcer")
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    (found,) = play.enforcer.outbox().claim(ACTIONS, 10, play.now_ms)
    play.enforcer.outbox().settle(found, LOST, play.now_ms + 1_000, play.now_ms)
    play.command("eve", "enforcement.stop", scopes=["all"])
    undo(play, "pod-1")
    assert play.effects() == [("stop_workload", "lifted")]
    play.later(60_000)
    assert play.in_force() == []
