"""`tipstaff enforcement` and `tipstaff standing`."""

import json
from collections.abc import Mapping
from typing import Any

from command_line import tipstaff
from desks import CLAUSE, RULE, Desks, now_ms, shipped
from playing import made_alert

from detectors.alert import Alert
from features.ticks import HOUR_MS
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.desired import desired_state
from streams.enforcement.ledger.opening import in_file
from streams.enforcement.policy.standing import Switch


def an_alert(pod: str) -> Alert:
    return made_alert(RULE, CLAUSE, workload=pod, at_ms=now_ms() - 1_000, rule_version=shipped().rules[RULE])


def test_everybody_but_observers_can_stop(office: Desks) -> None:
    """A stop is done at once; nothing leaves any more, and status says who did it and why."""
    assert office.asks("obi", "enforcement", "stop").code == 1
    assert office.asks("rae", "enforcement", "stop").code == 0
    office.alert(workload="pod-1")
    assert office.play.in_force() == []
    told = office.run("enforcement", "status")
    assert "enforcement: OFF" in told.out
    assert "models: people were told of 0 alerts today (20 a day, " in told.out
    assert "by rae" in told.out
    assert "as the test says" in told.out


def test_stopping_works_with_a_broken_pack_and_broken_sinks(office: Desks) -> None:
    """Neither a policy nor a sinks file that is wrong keeps anybody from stopping."""
    (office.folder / "sinks.yaml").write_text("- {name: [")
    done = office.asks("rae", "enforcement", "stop")
    assert done.code == 0
    assert "sinks.yaml" in done.err
    assert office.asks("ada", "enforcement", "resume").code == 1


def test_nothing_is_asked_for_that_would_reach_no_sink(office: Desks) -> None:
    """Where messages have gone to sinks, a command without the sinks file is refused, but for a stop, which warns."""
    office.alert(workload="pod-1")
    (office.folder / "sinks.yaml").unlink()
    refused = office.asks("eve", "accounts", "reinstate", "acme")
    assert (refused.code, "--sinks" in refused.err) == (1, True)
    assert [row["state"] for row in office.play.actions()] == ["confirmed"]
    stopped = office.asks("rae", "enforcement", "stop")
    assert (stopped.code, "--sinks" in stopped.err) == (0, True)


def test_one_rung_can_be_stopped_alone(office: Desks) -> None:
    """With one rung off the others go on; a scope that is none is refused."""
    assert office.asks("rae", "enforcement", "stop", "rung:stop_workload").code == 0
    office.alert(workload="pod-1")
    assert office.play.in_force() == []
    assert office.asks("rae", "accounts", "act", "quarantine_key", "acme", "--key", "k", "--clause", CLAUSE).code == 0
    assert office.play.in_force() == [("quarantine_key", "k")]
    assert office.asks("rae", "enforcement", "stop", "everything please").code == 1
    assert office.run("enforcement", "status", "--json").json["switch"]["off"] == ["rung:stop_workload"]


def test_status_tells_every_figure(office: Desks) -> None:
    """What status says of actions, budgets, messages, cases, lag and the audit is what the ledger holds."""
    office.alert(workload="pod-1")
    office.alert(account="odd", signals=("model",))
    told = office.run("enforcement", "status", "--json").json
    assert (told["models"]["alerts_per_day"], told["models"]["told_today"], told["models"]["waiting"]) == (20, 0, 1)
    assert told["actions"] == [{"rung": "stop_workload", "state": "confirmed", "actions": 1}]
    spent = {(one["scope"], one["window_s"]): (one["spent"], one["limit"]) for one in told["budgets"]
             if one["purse"] == "narrow"}  # fmt: skip
    assert spent == {("all", 3600): (1, 240), (f"rule:{RULE}", 3600): (1, 60), (f"clause:{CLAUSE}", 3600): (1, 120),
                     ("accounts", 3600): (1, 60)}  # fmt: skip
    assert {one["sink"]: one["waiting_messages"] for one in told["outbox"]}["actuator"] == 0
    assert told["stages"]["live"] == 1
    assert told["stream"]["active_accounts"] == 1_000
    assert told["audit"]["records"] == len(office.play.rows(schema.audit))
    assert told["audit"]["head"] == office.play.rows(schema.audit)[-1]["hash"]
    assert told["cases"] == {"open": 1, "urgent": 0, "overdue": 0, "unassigned": 1}


def test_status_hides_what_is_restricted(office: Desks) -> None:
    """A contained account's action and case count in child safety's status alone."""
    office.hash_match()
    seen = {by: office.run("enforcement", "status", "--json", by=by).json for by in ("ada", "cas")}
    assert (seen["ada"]["actions"], seen["ada"]["cases"]["open"]) == ([], 0)
    assert ([one["rung"] for one in seen["cas"]["actions"]], seen["cas"]["cases"]["open"]) == (["contain"], 1)


def test_a_spent_budget_says_what_it_holds_back_and_two_people_close_it(office: Desks) -> None:
    """Beyond the budget nothing is stopped, status says how many wait, and closing it takes two people."""
    office.play.alert(*[an_alert(f"pod-{n}") for n in range(62)])
    assert len(office.play.in_force()) == 60
    told = office.run("enforcement", "status")
    assert f"budget narrow of rule:{RULE}: SPENT, holding back 2 actions" in told.out
    assert office.asks("ada", "enforcement", "budget-close", "narrow", f"rule:{RULE}").code == 3
    (waits,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("ben", "actions", "approve", waits["change"]).code == 0
    assert office.run("enforcement", "status", "--json").json["open_breakers"] == []


def test_desired_state_is_what_the_receiver_has(office: Desks) -> None:
    """What is exported as desired is what the receiver did, with the account's version, and goes when it is undone."""
    office.alert(workload="pod-1")
    office.hash_match()
    seen = office.run("standing", "export", by="cas").json
    assert [(one["account_id"], one["version"]) for one in seen["accounts"]] == [("acme", 1), ("other", 1)]
    told = [(act["rung"], act["target"]["id"]) for one in seen["accounts"] for act in one["actions"]]
    assert sorted(told) == office.play.in_force()
    again = office.run("standing", "export", by="cas").json
    assert again["etag"] == seen["etag"]
    office.asks("rae", "actions", "undo", seen["accounts"][0]["actions"][0]["action_id"])
    after = office.run("standing", "export", by="cas").json
    assert after["etag"] != seen["etag"]
    assert [one["account_id"] for one in after["accounts"]] == ["other"]


def test_what_waits_behind_a_stop_is_not_desired(office: Desks) -> None:
    """An action that is decided but may not leave stands in no desired state; what is in force stays in it."""
    office.alert(workload="pod-1")
    office.play.enforcer.take([an_alert("pod-2")], office.play.now_ms)
    with office.play.ledger.reading() as tx:
        before = desired_state(tx, office.play.now_ms)
        braked = desired_state(tx, office.play.now_ms, brake=Switch(on=False, known=True))
        late = desired_state(tx, office.play.now_ms + HOUR_MS)
    assert (_pods(before), _pods(braked), _pods(late)) == (["pod-1", "pod-2"], ["pod-1"], ["pod-1"])


def _pods(state: Mapping[str, Any]) -> list[str]:
    return sorted(act["target"]["id"] for one in state["accounts"] for act in one["actions"])


def test_a_ledger_url_that_is_none_is_told_without_its_password(office: Desks) -> None:
    """Nonsense in --ledger is refused in words, and a password in an URL is never repeated."""
    refused = tipstaff("people", "list", "--ledger", "nonsense")
    assert (refused.code, "sqlite:///FILE" in refused.err) == (1, True)
    refused = tipstaff("people", "list", "--ledger", "postgresql://me:hunter2@127.0.0.1:1/none")
    assert refused.code == 1
    assert "hunter2" not in refused.err + refused.out
    shown = json.loads(office.run("enforcement", "status", "--json").out)
    assert shown["ledger"] == in_file(office.folder / "ledger.db")
