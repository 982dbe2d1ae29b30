"""A rule that matches every account there is: it does no more than its budget, people know within seconds, and what
must not be held back is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from audited import audit_of
from playing import BEGIN_MS, Play, made_alert, played
from story_stage import pack_with

from detectors.alert import Alert
from streams.enforcement.in_force import InForce, in_force_of
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import open_ledger
from streams.enforcement.ledger.rows import facts_row
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.facts import Facts

pytestmark = pytest.mark.survival

RULE, HASH = "mining-gpu-and-pool-account", "child-safety-hash"
ACCOUNTS = 100_000 if os.environ.get("TIPSTAFF_SURVIVAL") else 5_000
BATCH = 1_000
TICK_MS = 10_000
PER_HOUR = 5
"""What the shipped policy lets one rule suspend in an hour."""

AT_ONCE = {
    "ladders": {"at-once": {"account": [{"rung": "suspend", "severity": "high", "signals": 2}]}},
    "clauses": {"cryptomining": {"ceiling": "suspend", "ladder": "at-once", "dsa_category": "OTHER_VIOLATION_TC",
                                 "to_lift": "Stop mining."}},
}  # fmt: skip
"""The shipped policy, gone wrong: whoever the rule names is suspended at once."""


@pytest.fixture(scope="module")
def in_force() -> InForce:
    """Such a policy, in force."""
    return in_force_of(pack_with(AT_ONCE))


@pytest.fixture
def play(tmp_path: Path, in_force: InForce) -> Iterator[Play]:
    """Everything is on, the rule is live, and every account is small and known."""
    with played(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, in_force) as one:
        one.switch_on()
        one.promote(RULE, version=in_force.rules[RULE])
        with one.ledger.writing(one.now_ms) as tx:
            tx.insert(schema.facts, [
                facts_row(Facts(f"acct-{n}", one.now_ms, "pro", "o@x.example", one.now_ms, 5.0, False, 0), one.now_ms)
                for n in range(ACCOUNTS)
            ])  # fmt: skip
        yield one


def batches(play: Play) -> Iterator[list[Alert]]:
    """The rule's alerts about every account, a thousand at a time, and in the middle of them one hash match."""
    version = play.enforcer.in_force.rules[RULE]
    for number, first in enumerate(range(0, ACCOUNTS, BATCH)):
        now_ms = BEGIN_MS + number * TICK_MS
        alerts = [made_alert(RULE, "cryptomining", account=f"acct-{n}", at_ms=now_ms, rule_version=version)
                  for n in range(first, min(first + BATCH, ACCOUNTS))]  # fmt: skip
        if first == ACCOUNTS // 2 // BATCH * BATCH:
            alerts.insert(BATCH // 2, made_alert(HASH, "child-safety", account="vile", at_ms=now_ms,
                                                 severity="critical", restricted=True,
                                                 knowledge="hash_match"))  # fmt: skip
        yield alerts


def test_it_suspends_no_more_than_its_budget_and_people_know(play: Play) -> None:
    """Five accounts are suspended; within 10 s a page says that the rest is held back, and the ledger how many; a hash
    match among them is contained.
    """
    decisions: list[Decision] = []
    for number, alerts in enumerate(batches(play)):
        play.now_ms = BEGIN_MS + number * TICK_MS
        play.progress()
        decisions += play.alert(*alerts)
        if number == 0:
            told = [one.data["summary"] for one in play.pages.got.values()]
            assert any(f"holding back {BATCH - PER_HOUR:,} actions" in one for one in told), told
    play.settle()
    assert [rung for rung, _ in play.in_force()] == ["contain", *["suspend"] * PER_HOUR]
    assert sum(one.reason is Reason.BUDGET for one in decisions) == ACCOUNTS - PER_HOUR
    (breaker,) = play.rows(schema.breakers)
    assert (breaker["scope"], breaker["held"]) == (f"rule:{RULE}", ACCOUNTS - PER_HOUR)
    assert len(play.pages.got) < 60, "a misfire must not bury people in pages"
    assert len(play.rows(schema.cases)) < 60
    assert audit_of(play.ledger).ok


def test_a_budget_outlives_the_process(tmp_path: Path, in_force: InForce, play: Play) -> None:
    """Twenty times closed and opened anew, each time with more to suspend: five in the hour, not five each time."""
    play.close()
    for life in range(20):
        folder = tmp_path / str(life)
        folder.mkdir()
        with played(f"sqlite:///{tmp_path / 'ledger.db'}", folder, in_force) as again:
            again.now_ms = BEGIN_MS + life * TICK_MS
            again.progress()
            again.alert(made_alert(RULE, "cryptomining", account=f"acct-{life}",
                                   rule_version=in_force.rules[RULE]))  # fmt: skip
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with ledger.reading() as tx:
        suspended = [row for row in tx.rows(schema.actions.select()) if row["state"] == "confirmed"]
    ledger.close()
    assert len(suspended) == PER_HOUR
