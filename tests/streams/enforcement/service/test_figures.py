"""Figures of the ledger: how long actions took, what people have to do, what budgets have left, rules by stage."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playing import ON, Play, made_alert

from streams.enforcement.ledger import schema
from streams.enforcement.service.figures import Figures
from streams.enforcement.service.figures.stages import stages_of
from streams.enforcement.telemetry import EnforceTelemetry
from streams.enforcement.telemetry.enforcing import Names


@pytest.fixture
def telemetry() -> EnforceTelemetry:
    return EnforceTelemetry(Names(("actuator", "pager"), ("narrow",), (), (("miner", "mining"),), ()))


def value(telemetry: EnforceTelemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(f"tipstaff_enforce_{name}", labels)


def begun(play: Play, telemetry: EnforceTelemetry) -> Figures:
    """Figures that count from now on."""
    figures = Figures(play.ledger, telemetry, lambda _: ON, ("actuator", "pager"), lambda: play.enforcer.in_force)
    figures.begin(play.now_ms)
    return figures


def test_how_long_actions_took_is_counted_once_each(telemetry: EnforceTelemetry, play: Play) -> None:
    """From the episode's start and from the decision to the confirmation, however often the ledger is looked at; those
    confirmed before the figures began are another's.
    """
    play.alert(made_alert("miner", "mining", workload="before"))
    play.now_ms += 5_000
    figures = begun(play, telemetry)
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1", account="b", plan="trial")], play.now_ms)
    play.now_ms += 20_000
    play.settle()
    for _ in range(3):
        play.now_ms += 40_000
        figures.show(play.now_ms)
    assert value(telemetry, "time_to_contain_seconds_sum", rung="stop_workload") == 25
    assert value(telemetry, "time_to_contain_seconds_count", rung="stop_workload") == 1
    assert value(telemetry, "action_delivery_seconds_sum") == 20
    assert (value(telemetry, "action_delivery_seconds_count"), value(telemetry, "actions_undelivered_total")) == (1, 0)


def test_actions_that_never_arrive_are_counted_apart(telemetry: EnforceTelemetry, play: Play) -> None:
    """One that expires in the outbox is undelivered, once."""
    figures = begun(play, telemetry)
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    play.now_ms = max(row["not_after_ms"] for row in play.actions()) + 1
    play.enforcer.keep(play.now_ms)
    for _ in range(2):
        figures.show(play.now_ms)
    assert [row["state"] for row in play.actions()] == ["expired"]
    assert (value(telemetry, "actions_undelivered_total"), value(telemetry, "action_delivery_seconds_count")) == (1, 0)


def test_what_people_have_to_do_is_shown(telemetry: EnforceTelemetry, play: Play) -> None:
    """Open cases with their age by role, what is overdue, what waits for people, budgets left, what was overturned."""
    play.hire("ann", "reviewer")
    play.alert(*(made_alert("miner", "mining", workload=f"pod-{n}", account=f"a{n}", plan="trial") for n in range(3)))
    (done, *_) = play.actions(state="confirmed")
    assert play.command("ann", "action.undo", ids=[done["action_id"]]).ending == "done"
    opened = play.rows(schema.cases)
    play.now_ms = max(row["due_ms"] for row in opened) + 1
    begun(play, telemetry).show(play.now_ms)
    role = opened[0]["role"]
    assert value(telemetry, "cases_open", role=role) == len(opened)
    assert value(telemetry, "cases_overdue", role=role) == len(opened)
    assert value(telemetry, "case_oldest_seconds", role=role) == (play.now_ms - opened[0]["opened_ms"]) / 1000
    assert value(telemetry, "overturned_actions", rung="stop_workload") == 1
    assert value(telemetry, "waiting_for_people") == 0
    assert value(telemetry, "cases_open", role="model owners") == 0
    assert (value(telemetry, "audit_records") or 0) > 3
    assert (value(telemetry, "ledger_bytes") or 0) > 10_000
    assert value(telemetry, "switch_scopes_off") == 0


def test_a_purse_shows_its_tightest_limit(telemetry: EnforceTelemetry, play: Play) -> None:
    """Three of a rule's five an hour are spent: two are left of five; with a breaker open nothing is."""
    figures = begun(play, telemetry)
    for number, left in ((3, 2), (6, 0)):
        play.alert(*(made_alert("miner", "mining", workload=f"p{n}", account=f"a{n}", plan="trial")
                     for n in range(number)))  # fmt: skip
        figures.show(play.now_ms)
        assert value(telemetry, "budget_size", purse="narrow") == 5
        assert value(telemetry, "budget_left", purse="narrow") == left
    assert value(telemetry, "held_back_actions", purse="narrow") == 1
    assert value(telemetry, "budget_left", purse="suspend") == 5


def test_alerts_are_counted_by_the_stage_in_force(telemetry: EnforceTelemetry, play: Play) -> None:
    """The lower of the ledger's stage and the policy's cap; first revisions alone; a rule of no pack is `other`."""
    alerts = [made_alert("miner", "mining", workload="pod-1"), made_alert("forged-name", "mining", account="z")]
    with play.ledger.reading() as tx:
        stages = stages_of(replace(tx, now_ms=play.now_ms), play.enforcer.in_force.policy, alerts)
    assert stages == {"miner": "live", "forged-name": "shadow"}
    for _ in range(2):
        telemetry.deciding.decided(play.alert(*alerts), stages)
    assert value(telemetry, "rule_alerts_total", rule="miner", clause="mining", stage="live") == 1
    assert value(telemetry, "rule_alerts_total", rule="other", clause="other", stage="shadow") == 1
    assert value(telemetry, "held_total", rung="suspend", reason="stage") == 1
