"""What status, lists and previews find in the ledger, on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from playing import Play, made_alert

from streams.enforcement.ledger.action_lists import listed_actions, told_action
from streams.enforcement.ledger.by_id import actions_like, alerts_like
from streams.enforcement.ledger.reached import known_of
from streams.enforcement.ledger.status import status


def seen(play: Play, restricted: bool = False) -> dict[str, Any]:
    with play.ledger.reading() as tx:
        return status(replace(tx, now_ms=play.now_ms), play.enforcer.in_force, play.brake, restricted=restricted)


def test_a_spent_budget_is_what_the_guard_held(play: Play) -> None:
    """The figures of a purse that ran out are those that the guard held back on, with how many it holds."""
    play.alert(*[made_alert("miner", "mining", workload=f"pod-{n}") for n in range(7)])
    found = seen(play)
    spent = {(one["purse"], one["scope"]): (one["spent"], one["limit"]) for one in found["budgets"]}
    assert spent["narrow", "rule:miner"] == (5, 5)
    assert spent["narrow", "all"] == (5, 20)
    assert spent["suspend", "all"] == (0, 20)
    (breaker,) = found["open_breakers"]
    assert (breaker["scope"], breaker["holding_back_actions"], breaker["age_s"]) == ("rule:miner", 2, 0)
    assert {(one["rung"], one["state"]): one["actions"] for one in found["actions"]} == {
        ("stop_workload", "confirmed"): 5, ("stop_workload", "proposed"): 2,
    }  # fmt: skip


def test_what_waits_in_the_outbox_has_an_age(play: Play) -> None:
    """A message that could not leave counts as waiting, with the age of the oldest, and no longer once it left."""
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    play.now_ms += 90_000
    waiting = {one["sink"]: (one["waiting_messages"], one["oldest_age_s"]) for one in seen(play)["outbox"]}
    assert waiting["actuator"] == (1, 90)
    play.deliver()
    waiting = {one["sink"]: (one["waiting_messages"], one["oldest_age_s"]) for one in seen(play)["outbox"]}
    assert waiting["actuator"] == (0, None)


def test_a_switch_that_nobody_knows_is_told_as_off(play: Play) -> None:
    """Status never says on where a guard would hold."""
    assert seen(play)["switch"]["on"]
    play.brake = replace(play.brake, known=False)
    assert not seen(play)["switch"]["on"]


def test_lag_is_told_in_seconds_and_unknown_as_none(play: Play) -> None:
    """The lag is that of the slowest partition, and none where none can be told."""
    play.progress(lag_records=5, behind_ms=40_000)
    assert seen(play)["stream"]["lag_s"] == 40
    play.enforcer.take((), play.now_ms, told=[{"topic": "usage.events", "partition": 1, "stream_time_ms": None,
                                               "lag_records": 3, "active_accounts": {}, "pack": "pack"}])  # fmt: skip
    assert seen(play)["stream"]["lag_s"] is None
    assert seen(play)["stream"]["partitions"] == 2


def test_what_is_known_of_accounts_tells_unknown_from_nothing(play: Play) -> None:
    """Of a stranger every fact is None; of a known account facts, strikes and what stands against it are told."""
    play.alert(made_alert("miner", "mining", signals=("network", "telemetry")))
    with play.ledger.reading() as tx:
        known = known_of(replace(tx, now_ms=play.now_ms), ["acme", "stranger"], restricted=False)
    assert known["acme"]["spend_usd_90d"] == 5.0
    assert known["acme"]["standing"] == ["suspend (confirmed)"]
    assert known["stranger"] == {"plan": None, "spend_usd_90d": None, "contract": None, "dependants": None,
                                 "allow_listed_until": None, "protected_until": None, "strikes": 0,
                                 "standing": []}  # fmt: skip


def test_ids_are_found_by_how_they_begin(play: Play) -> None:
    """A beginning that several share finds more than one, a wildcard nothing, and a whole id exactly its own."""
    alert = made_alert("miner", "mining", workload="pod-1")
    play.alert(alert, made_alert("miner", "mining", workload="pod-2"))
    with play.ledger.reading() as tx:
        assert len(actions_like(tx, "", restricted=False)) == 2
        assert actions_like(tx, "%", restricted=False) == []
        assert [row["alert_id"] for row in alerts_like(tx, alert.id, restricted=False)] == [alert.id]
        first, second = listed_actions(tx, restricted=False, account="acme", rule="miner")
        assert first["action_id"] != second["action_id"]
        assert told_action(tx, first)["decision"]["outcome"] == "act"
