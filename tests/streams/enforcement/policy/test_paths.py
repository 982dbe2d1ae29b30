"""Child safety and care have paths of their own."""

from __future__ import annotations

import pytest
from policy_matters import MINUTE_MS, NOW, POLICY, action, alert, decided, strikes

from detectors.alert import SEVERITIES
from streams.enforcement.policy.decision import Outcome, Reason
from streams.enforcement.policy.declared import strictest

MATCH = alert("children", severity="critical", signals=("content",), knowledge="hash_match", restricted=True)


def test_a_hash_match_contains_generation() -> None:
    """At once, on one signal and without strikes; a restricted case, an urgent page, a legal hold."""
    found = decided(MATCH)
    assert (found.outcome, found.reason, found.rung, found.kind, found.entity_id) == (
        Outcome.ACT, Reason.CONTAINED, "contain", "account", "acct")  # fmt: skip
    assert (found.case, found.page, found.urgent, found.hold) == ("children people", True, True, True)
    assert (found.lasts_ms, found.not_after_ms) == (None, NOW + POLICY.terms["contain"].not_after_ms)


def test_a_hash_match_contains_whatever_the_policy_file_says() -> None:
    """Also where there is none, where the account is suspended, and where the alert is old."""
    assert decided(MATCH, policy=strictest()).rung == "contain"
    assert decided(MATCH, actions=(action("suspend"),)).rung == "contain"
    assert decided(alert("children", knowledge="hash_match", time=NOW - 30 * POLICY.open_ms)).rung == "contain"


def test_who_is_contained_is_not_contained_twice() -> None:
    """People are still told."""
    found = decided(MATCH, actions=(action("contain", clause="children", ends_ms=None),))
    assert (found.outcome, found.reason, found.urgent, found.hold) == (Outcome.NOTHING, Reason.IN_FORCE, True, True)


@pytest.mark.parametrize("knowledge", ["classifier", "report", None])
@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("kind", ["account", "end_user"])
def test_anything_less_than_a_hash_match_does_nothing_to_the_account(
    knowledge: str | None, severity: str, kind: str
) -> None:
    """No notice either; a restricted case, a page and a hold, which asks to preserve."""
    found = decided(alert("children", kind, severity=severity, knowledge=knowledge), strikes=strikes(9))
    assert (found.outcome, found.reason, found.rung) == (Outcome.NOTHING, Reason.CHILD_SAFETY, "")
    assert (found.case, found.page, found.hold) == ("children people", True, True)


def test_a_restricted_alert_goes_to_child_safety_even_if_its_clause_is_unknown() -> None:
    """It never falls into the ordinary cases."""
    found = decided(alert("unheard-of", restricted=True))
    assert (found.reason, found.case, found.hold) == (Reason.CHILD_SAFETY, "child safety", True)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_person_at_risk_gets_care(severity: str) -> None:
    """A case for those who care, never a rung, whatever the severity and the strikes."""
    found = decided(alert("care", severity=severity, time=NOW - MINUTE_MS), strikes=strikes(9))
    assert (found.outcome, found.reason, found.rung, found.case, found.hold) == (
        Outcome.NOTHING, Reason.CARE, "", "care people", False)  # fmt: skip


@pytest.mark.parametrize("severity", SEVERITIES)
def test_what_is_ours_to_repair_touches_no_account(severity: str) -> None:
    """People by severity, never a rung, also where the account is protected and has strikes."""
    found = decided(alert("failed", severity=severity, time=NOW - MINUTE_MS), strikes=strikes(9))
    assert (found.outcome, found.reason, found.rung, found.case, found.page) == (
        Outcome.NOTHING, Reason.OURS, "", "failed people", severity in ("high", "critical"))  # fmt: skip
