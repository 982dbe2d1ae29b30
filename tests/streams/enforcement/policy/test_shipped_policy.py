"""The policy that comes with tipstaff says something sensible of every clause and every rule."""

from __future__ import annotations

from typing import Any

import pytest
from policy_matters import MINUTE_MS, NOW, strikes

from detectors.alert import SEVERITIES, Alert, alert_id
from detectors.rules import Rule
from features.arrivals import SEPARATOR
from features.ticks import HOUR_MS, TICK_MS
from streams.enforcement.policy.deciding import decide
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.rungs import HEIGHT
from streams.enforcement.policy.standing import Standing
from streams.pack import read_pack

PACK = read_pack()
POLICY = PACK.policy
RULES = {rule.id: rule for rule in PACK.rules}
KINDS = ("account", "key", "workload", "end_user")


def _alert(clause: str, kind: str, severity: str, **changes: Any) -> Alert:
    start = (NOW - HOUR_MS) // TICK_MS
    entity = "acct" if kind == "account" else SEPARATOR.join(("acct", "part"))
    usual: dict[str, Any] = {
        "id": alert_id("rule", kind, entity, start), "revision": 2, "detector": "rule", "title": "t", "clause": clause,
        "severity": severity, "kind": kind, "entity": entity, "plan": "pro", "start_tick": start, "tick": start + 1,
        "time": NOW - MINUTE_MS, "trigger": 1, "signals": ("output", "network", "process"), "runbook": "look",
        "pack": PACK.hash,
    }  # fmt: skip
    return Alert(**(usual | changes))


def _of(rule: Rule) -> Alert:
    return _alert(rule.clause, rule.entity, rule.severity, detector=rule.id, signals=rule.signals,
                  victim=rule.victim, knowledge=rule.knowledge, restricted=rule.restricted)  # fmt: skip


def _decided(about: Alert, count: int = 0, *others: Alert) -> Decision:
    standing = Standing("acct", strikes=strikes(count, clause="any"))
    return decide((about, *others), None, standing, POLICY, PACK.clauses, NOW)


_OF_PATH = {"care": Reason.CARE, "child_safety": Reason.CHILD_SAFETY, "ours": Reason.OURS}


@pytest.mark.parametrize("clause", PACK.clauses)
def test_every_clause_kind_and_severity_gets_a_decision(clause: str) -> None:
    """Below the clause's ceiling, by its path; child safety, care and what is ours touch nobody by severity alone."""
    own = POLICY.clauses[clause]
    for kind in KINDS:
        for severity in SEVERITIES:
            found = _decided(_alert(clause, kind, severity), 9)
            assert HEIGHT.get(found.rung, 0) <= HEIGHT.get(own.ceiling, 0)
            assert _OF_PATH.get(PACK.clauses[clause].path) in (None, found.reason)
            assert found.outcome is not Outcome.HELD


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_leads_somewhere(rule: str) -> None:
    """From medium on its alerts reach a step, or people by the clause's path; what is low may be listed alone."""
    found = _decided(_of(RULES[rule]), 9)
    by_path = found.reason in (Reason.CONTAINED, Reason.CHILD_SAFETY, Reason.CARE, Reason.OURS, Reason.CLUSTER)
    below = found.reason is Reason.BELOW_LADDER and RULES[rule].severity in ("info", "low")
    assert by_path or below or found.outcome is Outcome.ACT, found


@pytest.mark.parametrize(
    ("rule", "count", "rung"),
    [
        ("mining-stratum-command", 0, "stop_workload"),
        ("mining-gpu-without-output", 9, "notice"),
        ("mining-pool-contact", 9, "notice"),
        ("mining-gpu-and-pool-account", 0, "throttle"),
        ("mining-gpu-and-pool-account", 1, "suspend"),
        ("spam-complaints", 0, "throttle"),
        ("spam-complaints", 1, "suspend"),
        ("spam-direct-to-mx", 0, "stop_workload"),
        ("stolen-key-probed-from-elsewhere", 0, "quarantine_key"),
        ("stolen-key-probed-from-elsewhere", 9, "quarantine_key"),
        ("key-beyond-own-past", 9, "notice"),
        ("takeover-and-use", 9, "throttle"),
        ("scraping-guessed-ids", 9, "throttle"),
        ("scraping-guessed-ids-by-key", 0, "throttle"),
        ("scraping-guessed-ids-by-key", 1, "quarantine_key"),
        ("sharing-many-networks", 9, "notice"),
        ("sharing-many-clients", 1, "quarantine_key"),
        ("extraction-logprobs-at-length", 9, "throttle"),
        ("content-verdicts-hate", 9, "notice"),
        ("content-confirmed-hate", 2, "throttle"),
        ("content-confirmed-hate", 9, "throttle"),
        ("content-priority-confirmed-weapons", 2, "suspend"),
        ("content-verdicts-end-user-hate", 9, "notice"),
        ("child-safety-hash", 0, "contain"),
        ("child-safety-repeated", 9, ""),
        ("self-harm-care", 9, ""),
    ],
)  # fmt: skip
def test_what_follows_from_shipped_rules(rule: str, count: int, rung: str) -> None:
    """An alert of each, with so many strikes, wants what its reasons call for and no more."""
    assert _decided(_of(RULES[rule]), count).rung == rung


def test_the_policy_speaks_of_every_clause() -> None:
    """So that nothing falls back on what is not said."""
    assert set(POLICY.clauses) == set(PACK.clauses)
    assert PACK.warnings == ()


def test_a_low_alert_alone_restricts_nobody() -> None:
    """What has honest explanations brings a notice at most, whatever the strikes."""
    for rule in PACK.rules:
        if rule.severity in ("info", "low"):
            assert _decided(_of(rule), 99).rung in ("", "notice"), rule.id


def test_only_rules_that_are_precise_by_themselves_may_go_live() -> None:
    """High or of known material; one that acts on a mere share of a classifier's verdicts never."""
    for rule, stage in POLICY.stages.items():
        assert stage != "live" or RULES[rule].severity in ("high", "critical"), rule
        assert not rule.startswith("content-verdicts"), rule


def test_the_budgets_are_those_that_were_agreed() -> None:
    """Five suspensions an hour a rule, twenty in all, half a percent of accounts a day, half of them on one plan."""
    suspend = POLICY.budgets["suspend"]
    assert (suspend.rule_per_hour, suspend.clause_per_hour, suspend.per_hour) == (5, 10, 20)
    assert (suspend.share_per_day, suspend.share_from_h, suspend.plan_share_h) == (0.005, 20, 0.5)
    purses = [POLICY.terms[rung].purse for rung in ("notice", "throttle", "quarantine_key", "suspend")]
    assert len(set(purses)) == 4


def test_texts_to_owners_teach_no_evasion() -> None:
    """What lifts an action names no figure."""
    for one in POLICY.clauses.values():
        assert one.to_lift.endswith((".", "help."))
        assert not any(letter.isdigit() or letter == "%" for letter in one.to_lift), one
