"""Actions where no sink takes them: receivers pull the desired state."""

from __future__ import annotations

from dataclasses import replace

from playing import ACTIONS, Play, made_alert

from streams.enforcement.enforcer import Enforcer
from streams.enforcement.ledger.desired import desired_state
from streams.enforcement.ledger.schema import switch


def pulled(play: Play) -> list[str]:
    """What somebody who pulls now would see."""
    with play.ledger.reading() as tx:
        state = desired_state(tx, play.now_ms, brake=play.brake)
    return [act["target"]["id"] for one in state["accounts"] for act in one["actions"]]


def without_actuator(play: Play) -> Enforcer:
    """The same enforcer where actions have no sink."""
    routes = {kind: [one for one in sinks if one != ACTIONS] for kind, sinks in play.enforcer.routes.items()}
    return Enforcer(play.ledger, play.enforcer.in_force, routes, lambda _: play.brake)


def test_what_may_leave_is_in_force_once_it_can_be_pulled(play: Play) -> None:
    """Housekeeping confirms what stands in the desired state, and it goes with its end."""
    enforcer = without_actuator(play)
    enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    assert pulled(play) == ["pod-1"]
    enforcer.keep(play.now_ms)
    assert [row["state"] for row in play.actions()] == ["confirmed"]
    assert pulled(play) == ["pod-1"]


def test_what_a_stop_holds_is_neither_pulled_nor_confirmed(play: Play) -> None:
    """Behind a stop an action stays out of the desired state, is not taken for in force, and expires."""
    enforcer = without_actuator(play)
    enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    play.brake = replace(play.brake, on=False)
    enforcer.keep(play.now_ms)
    assert pulled(play) == []
    assert [row["state"] for row in play.actions()] == ["guarded"]
    enforcer.keep(play.now_ms + 61 * 60_000)
    assert [row["state"] for row in play.actions()] == ["expired"]


def test_the_ledgers_own_switch_holds_too(play: Play) -> None:
    """With the switch in the ledger off, what is not in force yet cannot be pulled."""
    without_actuator(play).take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    with play.ledger.writing(play.now_ms) as tx:
        tx.put(switch, {"scope": "all", "on": False, "at_ms": play.now_ms, "by": "eve", "why": ""})
    assert pulled(play) == []


def test_a_protection_between_decision_and_pulling_undoes_it(play: Play) -> None:
    """An account that is allow-listed before anybody pulled is left alone for good."""
    enforcer = without_actuator(play)
    enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    play.know("acme", allow_listed_until_ms=play.now_ms + 86_400_000)
    assert pulled(play) == []
    enforcer.keep(play.now_ms)
    assert [row["state"] for row in play.actions()] == ["reversed"]
