"""What a rule would have done, and whether that has earned it a stage."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playing import Play, made_alert
from small_policy import small_policy

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.guards.demotion import LEAST_PER_H
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.gates import CANARY_MS, Record, gates, record_of, unmet
from streams.enforcement.ledger.outlook import Outlook, outlook
from streams.enforcement.ledger.rule_records import rule_records

POLICY = InForce(small_policy(), {}, {"miner": "v1"}, "pack")
EARNED = Record(Outlook(decisions=50, span_ms=8 * DAY_MS, actions=10), canary_ms=CANARY_MS)


def seen(play: Play) -> Outlook:
    with play.ledger.reading() as tx:
        return outlook(replace(tx, now_ms=play.now_ms), POLICY, "miner", "v1")


def test_an_episodes_revisions_are_one_action(play: Play) -> None:
    """A rule that repeats itself about one pod would have stopped it once: so is it forecast."""
    play.promote("miner", "shadow", 0.0)
    alert = made_alert("miner", "mining", workload="pod-1")
    for revision in range(1, 6):
        play.alert(replace(alert, revision=revision))
    found = seen(play)
    assert (found.decisions, found.actions, found.accounts, dict(found.by_rung or {})) == (
        5,
        1,
        1,
        {"stop_workload": 1},
    )


def test_facts_as_they_are_now_hold_back(play: Play) -> None:
    """What would wait for a person is not forecast: allow-listed, protected, unknown accounts, and databases."""
    play.promote("miner", "shadow", 0.0)
    play.know("listed", allow_listed_until_ms=play.now_ms + DAY_MS)
    play.know("bound", contract=True)
    play.know("data", stateful_workloads=frozenset({"pod-1"}))
    play.know("free")
    for account in ("listed", "bound", "stranger", "free"):
        play.alert(made_alert("miner", "mining", account=account))
    play.alert(made_alert("miner", "mining", account="data", workload="pod-1"))
    found = seen(play)
    assert dict(found.held or {}) == {"allow_listed": 1, "protected": 1, "facts_unknown": 1, "stateful": 1}
    assert (found.actions, found.leaving) == (5, 1)
    assert (found.allow_listed, found.protected, found.unknown, found.paying) == (1, 1, 1, 4)


def test_the_share_of_accounts_is_of_those_that_streams_told(play: Play) -> None:
    """Two accounts of the hundred active ones are 2 %; where nobody told how many there are, none is made up."""
    play.progress(active=100)
    for account in ("one", "two"):
        play.alert(made_alert("miner", "mining", account=account))
    assert seen(play).share == pytest.approx(0.02)
    assert replace(seen(play), active_accounts=None).share is None


def test_a_forecast_is_by_the_hour(play: Play) -> None:
    """Four pods within two hours are two an hour."""
    for number in range(4):
        play.alert(made_alert("miner", "mining", workload=f"pod-{number}"))
    play.now_ms += 2 * HOUR_MS
    assert seen(play).per_hour == pytest.approx(2.0)


@pytest.mark.parametrize(("record", "stage", "share", "said"), [
    (EARNED, "live", None, ""),
    (EARNED, "canary", 0.5, ""),
    (replace(EARNED, canary_ms=0), "canary", 0.01, ""),
    (replace(EARNED, canary_ms=0), "canary", 0.02, "has not been a canary"),
    (replace(EARNED, canary_ms=CANARY_MS - 1), "live", None, "has not been a canary"),
    (replace(EARNED, outlook=Outlook(decisions=9_999, span_ms=7 * DAY_MS - 1)), "canary", 0.01, "9,999 decisions"),
    (replace(EARNED, outlook=Outlook(decisions=10_000)), "canary", 0.01, ""),
    (replace(EARNED, right=1, wrong=1), "live", None, ""),
    (replace(EARNED, right=1, wrong=2), "live", None, "1 of 3 closed cases were violations (33%, 95 % "
     "interval 6% to 79%)"),
    (replace(EARNED, overturned=1), "live", None, ""),
    (replace(EARNED, overturned=2), "live", None, "2 of its actions were undone by people within 7 d"),
])  # fmt: skip
def test_gates_say_what_is_missing(record: Record, stage: str, share: float | None, said: str) -> None:
    """Time in shadow, precision, what people undid and time as a canary each close a gate, at exactly its bound."""
    found = "; ".join(unmet(record, POLICY, stage, share))
    assert (said in found, bool(found)) == (True, bool(said))


def test_a_demoted_rule_begins_anew(play: Play) -> None:
    """What a rule did before it fell back into shadow earns it nothing afterwards."""
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    play.now_ms += 8 * DAY_MS
    with play.ledger.reading() as tx:
        assert record_of(replace(tx, now_ms=play.now_ms), POLICY, "miner", "v1").outlook.decisions == 1
    play.promote("miner", "shadow", 0.0)
    with play.ledger.reading() as tx:
        found = record_of(replace(tx, now_ms=play.now_ms), POLICY, "miner", "v1")
        _, why_not = gates(replace(tx, now_ms=play.now_ms), POLICY, "miner", "v1", "canary", 0.01)
    assert found.outlook.decisions == 0
    assert "0 decisions over 0.0 d" in why_not


def test_what_a_rule_was_promoted_on_does_not_demote_it(play: Play) -> None:
    """A rule that does live what it wanted in shadow keeps its stage: notices count on both sides."""
    play.promote("miner", "shadow", 0.0)
    batch = [made_alert("miner", "mining", account=f"a{number}", severity="low") for number in range(LEAST_PER_H + 1)]
    play.alert(*batch)
    with play.ledger.reading() as tx:
        forecast, _ = gates(replace(tx, now_ms=play.now_ms), POLICY, "miner", "v1", "live")
    play.promote("miner", forecast=forecast)
    play.now_ms += HOUR_MS
    play.alert(*(made_alert("miner", "mining", account=f"b{number}", severity="low", at_ms=play.now_ms)
                 for number in range(LEAST_PER_H + 1)))  # fmt: skip
    play.settle()
    with play.ledger.reading() as tx:
        (found,) = rule_records(replace(tx, now_ms=play.now_ms), POLICY)
    assert (found.stage, found.acted_last_h) == ("live", LEAST_PER_H + 1)
