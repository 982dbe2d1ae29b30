"""Alerts become decisions, actions and effects, each once."""

from dataclasses import replace

import pytest
from playing import BEGIN_MS, Play, made_alert

from streams.enforcement.ledger import schema
from streams.enforcement.policy.decision import Outcome, Reason

MINUTE_MS = 60_000


def test_a_workload_is_stopped_at_the_receiver(play: Play) -> None:
    """An alert about a pod of a known account stops that pod at the receiver, once, and nothing else."""
    (decision,) = play.alert(made_alert("miner", "mining", workload="pod-1"))
    assert (decision.outcome, decision.reason, decision.rung) == (Outcome.ACT, Reason.LADDER, "stop_workload")
    assert play.in_force() == [("stop_workload", "pod-1")]
    assert [row["state"] for row in play.actions()] == ["confirmed"]


def test_a_repeated_or_lower_revision_changes_nothing(play: Play) -> None:
    """The same revision again, and a lower one, are neither decided nor acted upon."""
    second = made_alert("miner", "mining", workload="pod-1", revision=2)
    play.alert(second)
    before = play.rows(schema.decisions)
    assert play.alert(second, replace(second, revision=1)) == []
    assert play.rows(schema.decisions) == before
    assert play.effects() == [("stop_workload", "requested")]


def test_two_revisions_in_one_batch_are_both_decided(play: Play) -> None:
    """Two revisions that come together are each decided upon, and the action is taken once."""
    first = made_alert("miner", "mining", workload="pod-1")
    decisions = play.alert(first, replace(first, revision=2))
    assert [one.reason for one in decisions] == [Reason.LADDER, Reason.IN_FORCE]
    assert play.effects() == [("stop_workload", "requested")]


def test_a_rule_in_shadow_acts_on_nobody_and_opens_its_case(play: Play) -> None:
    """A rule that nobody has promoted is held back by its stage; the decision says so."""
    other = made_alert("miner", "mining", workload="pod-1", rule_version="v2")
    (decision,) = play.alert(other)
    assert (decision.outcome, decision.reason) == (Outcome.HELD, Reason.STAGE)
    assert play.in_force() == []


def test_an_account_nobody_knows_waits_for_a_person(play: Play) -> None:
    """Suspending an account without facts is proposed, with a case and a page; nothing leaves."""
    (decision,) = play.alert(made_alert("miner", "mining", account="stranger"))
    assert (decision.outcome, decision.reason, decision.proposed) == (Outcome.HELD, Reason.FACTS_UNKNOWN, True)
    (action,) = play.actions()
    assert (action["state"], action["rung"], action["held_by"]) == ("proposed", "suspend", "facts_unknown")
    assert [row["account_id"] for row in play.rows(schema.cases)] == ["stranger"]
    assert len(play.pages.got) == 1
    assert play.in_force() == []


def test_a_suspension_ends_by_itself_after_a_page(play: Play) -> None:
    """A suspension is announced as lapsing 12 h before its end, and lifted at its end."""
    play.alert(made_alert("miner", "mining"))
    assert play.in_force() == [("suspend", "acme")]
    play.later(61 * 60 * MINUTE_MS)
    assert any("lapses" in one.data["summary"] for one in play.pages.got.values())
    assert play.in_force() == [("suspend", "acme")]
    play.later(12 * 60 * MINUTE_MS)
    assert play.in_force() == []
    assert play.effects() == [("suspend", "requested"), ("suspend", "lifted")]
    assert [row["state"] for row in play.actions()] == ["ended"]


def test_the_owner_gets_reasons_without_figures(play: Play) -> None:
    """A restriction comes with a letter to the owner that says what was done and names no rule."""
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    (letter,) = [one.data for one in play.notices.got.values()]
    assert letter["to"] == "owner@acme.example"
    assert "pod-1" in letter["text"]
    assert "miner" not in letter["text"]


@pytest.mark.parametrize("wrong", ["off", "unknown"])
def test_a_switch_that_is_not_on_lets_nothing_leave(play: Play, wrong: str) -> None:
    """With the switch off or unknown nothing is asked of the receiver, and the decision names the switch."""
    play.brake = replace(play.brake, on=False) if wrong == "off" else replace(play.brake, known=False)
    (decision,) = play.alert(made_alert("miner", "mining", workload="pod-1"))
    assert (decision.outcome, decision.reason) == (Outcome.HELD, Reason.SWITCH)
    assert play.effects() == []


def test_what_was_decided_before_a_stop_does_not_leave_after_it(play: Play) -> None:
    """An action that waits in the outbox when enforcement is stopped never leaves, and people are told."""
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    play.brake = replace(play.brake, on=False)
    play.later(60 * MINUTE_MS)
    play.brake = replace(play.brake, on=True)
    play.later(60 * MINUTE_MS)
    assert play.effects() == []
    assert [row["state"] for row in play.actions()] == ["expired"]
    assert any("not carried out" in one.data["summary"] for one in play.pages.got.values())


def test_usage_after_a_suspension_pages(play: Play) -> None:
    """An alert on events long after a confirmed suspension pages that the account goes on."""
    play.alert(made_alert("miner", "mining"))
    play.later(30 * MINUTE_MS)
    play.alert(made_alert("miner", "mining", at_ms=BEGIN_MS + 29 * MINUTE_MS, episode_ms=BEGIN_MS, revision=2))
    assert any("usage goes on" in one.data["summary"] for one in play.pages.got.values())


def test_a_restricted_alert_names_no_account_in_pages(play: Play) -> None:
    """A restricted alert on a suspended account pages that usage goes on, and no page that it brings names anybody."""
    play.alert(made_alert("miner", "mining"))
    play.later(30 * MINUTE_MS)
    before = set(play.pages.got)
    play.alert(made_alert("secret", "mining", at_ms=BEGIN_MS + 29 * MINUTE_MS, restricted=True))
    told = [one for name, one in play.pages.got.items() if name not in before]
    assert any("usage goes on" in one.data["summary"] for one in told)
    assert not [one for one in told if "acme" in one.data["summary"]]


def test_what_a_thief_does_gives_the_holder_no_strike(play: Play) -> None:
    """While an alert says that the account's key is stolen, a stop under another clause gives its holder no strike."""
    play.alert(made_alert("thief", "mining", key="key-1", severity="medium", victim="holder"))
    play.alert(made_alert("miner", "mining", workload="pod-1"), made_alert("miner", "mining"))
    assert play.actions()
    assert play.rows(schema.strikes) == []


def test_a_spent_budget_says_again_how_many_it_holds_back(play: Play) -> None:
    """A budget's page is repeated whenever what it holds back has doubled; the pages are one incident."""
    for number in range(5 + 4):
        play.know(f"farm-{number}")
        play.alert(made_alert("miner", "mining", account=f"farm-{number}", workload="pod"))
        play.settle()
    told = [one for one in play.pages.got.values() if one.data.get("purse") == "narrow"]
    assert [one.data["held"] for one in told] == [1, 2, 4]
    assert len({one.subject for one in told}) == 1
