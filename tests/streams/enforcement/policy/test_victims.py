"""Whoever is wronged is not punished."""

from __future__ import annotations

from dataclasses import replace

import pytest
from policy_matters import CLAUSES, POLICY, alert, decided, strikes

from detectors.alert import SEVERITIES
from streams.enforcement.policy.deciding import strikes_of
from streams.enforcement.policy.decision import Outcome, Reason


def test_a_stolen_key_is_shut_and_nothing_else() -> None:
    """The key is quarantined, without a strike for its holder."""
    stolen = alert("theft", "key", "key-1", victim="holder")
    found = decided(stolen)
    assert (found.outcome, found.rung, found.entity_id) == (Outcome.ACT, "quarantine_key", "key-1")
    assert strikes_of("quarantine_key", stolen, CLAUSES["theft"], POLICY) == 0


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_taken_over_account_is_never_suspended(severity: str) -> None:
    """Slowed down at most, whatever the ladder says, the severity and the strikes are."""
    found = decided(alert("theft", victim="holder", severity=severity), strikes=strikes(9))
    assert found.rung in ("", "notice", "throttle")


def test_where_all_steps_would_punish_the_reason_is_the_victim() -> None:
    """A victim's workload under a ladder that stops workloads is left to people."""
    found = decided(alert(kind="workload", victim="holder", severity="high"))
    assert (found.outcome, found.rung) == (Outcome.ACT, "notice")
    mining = POLICY.clauses["mining"]
    mining = replace(mining, ladders={"workload": mining.ladders["workload"][1:]})
    policy = replace(POLICY, clauses={**POLICY.clauses, "mining": mining})
    found = decided(alert(kind="workload", victim="holder", severity="high"), policy=policy)
    assert (found.outcome, found.reason, found.page) == (Outcome.NOTHING, Reason.VICTIM, True)


def test_what_a_thief_does_with_a_stolen_account_suspends_nobody() -> None:
    """While an open alert says that the holder is robbed, other clauses go no further than a throttle."""
    stolen = alert("theft", "key", "key-1", victim="holder", severity="medium")
    assert decided(alert(), stolen, strikes=strikes(3)).rung == "throttle"


def test_low_testimony_of_a_victim_shields_nobody() -> None:
    """More use than usual is what every abuser shows."""
    busy = alert("theft", victim="holder", severity="low")
    assert decided(alert(), busy, strikes=strikes(3)).rung == "suspend"


def test_strikes_are_for_what_an_account_does_itself() -> None:
    """None for an end user's breach, a broken-into workload, a person at risk, or on the path of child safety."""
    mining, content = CLAUSES["mining"], CLAUSES["content"]
    assert strikes_of("notice", alert(), mining, POLICY) == 1
    assert strikes_of("throttle", alert(kind="key"), mining, POLICY) == 1
    assert strikes_of("stop_workload", alert(kind="workload"), mining, POLICY) == 0
    assert strikes_of("notice", alert(kind="workload"), mining, POLICY) == 0
    assert strikes_of("notice", alert("content", "end_user"), content, POLICY) == 0
    assert strikes_of("notice", alert("care"), CLAUSES["care"], POLICY) == 0
    assert strikes_of("contain", alert("children"), CLAUSES["children"], POLICY) == 0
    assert strikes_of("unheard-of", alert(), mining, POLICY) == 0
