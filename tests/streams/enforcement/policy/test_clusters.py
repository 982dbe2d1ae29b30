"""What is said of a cluster restricts nobody, under any policy and beside whatever else is open."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_matters import CLAUSES, NOW, alert, decided, strikes
from policy_strategies import SIGNALS, Situation, alerts, policies, situations
from small_policy import circumstances
from thorough import examples

from detectors.alert import Alert, Evidence
from features.cluster_catalog import CLUSTER
from streams.enforcement.guards.stack import guarded
from streams.enforcement.policy.clusters import size_of
from streams.enforcement.policy.deciding import decide
from streams.enforcement.policy.decision import Outcome, Reason
from streams.enforcement.policy.evidence import own_signals
from streams.enforcement.policy.policy import Policy

TIE = "template_fingerprint:3141592653"
_signals = st.lists(st.sampled_from(SIGNALS), max_size=3, unique=True).map(tuple)


def of_cluster(one: Alert, **changes: Any) -> Alert:
    """The alert as one about a cluster that names the account."""
    return replace(one, kind=CLUSTER, entity=TIE, accounts=("acct", "other"), **changes)


@given(situations, _signals, policies())
@settings(max_examples=examples(300), deadline=None)
def test_a_clusters_alert_gives_nothing_under_any_policy(situation: Situation, signals: Any, policy: Policy) -> None:
    """No rung, no proposal, no hold and no evidence, whatever it says and is beside, on every path, past all guards."""
    (about, *others), facts, standing = situation
    about = of_cluster(about, signals=signals)
    wanted = decide([about, *others], facts, standing, policy, CLAUSES, NOW)
    found = guarded(wanted, [about, *others], facts, standing, policy, circumstances(), NOW)
    assert (found.outcome, found.rung, found.kind, found.proposed, found.hold) == (
        Outcome.NOTHING,
        "",
        "",
        False,
        False,
    )
    assert found.reason in (Reason.CLUSTER, Reason.ENDED)
    assert (found.account_id, found.entity_id, found.end_users) == ("", "", ())
    assert own_signals(about, [about, *others]) == frozenset()


@given(situations, st.lists(alerts(), min_size=1, max_size=4), policies())
@settings(max_examples=examples(300), deadline=None)
def test_a_clusters_alert_changes_nothing_about_anothers(situation: Situation, said: list[Alert],
                                                         policy: Policy) -> None:  # fmt: skip
    """It adds no evidence, no severity and no narrower target to what is said of an account that it names, and shields
    nobody: every figure stays as it was, before the guards and after them.
    """
    (about, *others), facts, standing = situation
    clusters = [of_cluster(one, id=f"cluster-{n}") for n, one in enumerate(said)]
    alone, beside = ([about, *others], [about, *others, *clusters])
    first, second = (decide(one, facts, standing, policy, CLAUSES, NOW) for one in (alone, beside))
    assert second == first
    assert guarded(second, beside, facts, standing, policy, circumstances(), NOW) == guarded(
        first, alone, facts, standing, policy, circumstances(), NOW)  # fmt: skip


def test_a_cluster_shields_nobody() -> None:
    """That accounts which share something are robbed says of none of them that it is."""
    robbed = of_cluster(alert("theft", victim="holder"))
    assert decided(alert(), robbed, strikes=strikes(3)).rung == "suspend"


def test_people_hear_of_a_cluster_by_its_severity_and_child_safetys_always() -> None:
    """A case and a page as policy's reactions say, for the clause's people; of an older revision nobody."""
    said = {severity: decided(of_cluster(alert(severity=severity))) for severity in ("low", "medium", "critical")}
    assert [(one.case, one.page, one.urgent) for one in said.values()] == [
        (None, False, False), ("mining people", False, False), ("mining people", True, True)]  # fmt: skip
    child = decided(of_cluster(alert("children", severity="low", knowledge="hash_match")))
    assert (child.case, child.page, child.hold) == ("children people", True, False)
    old = of_cluster(alert())
    ended = decided(old, replace(old, revision=3))
    assert (ended.reason, ended.case, ended.page) == (Reason.ENDED, None, False)


@pytest.mark.parametrize(("value", "size"), [(240, 240), (240.4, 240), (math.nan, 2), (math.inf, 2), (-1, 2),
                                             ("many", 2), (None, 2), (1, 2)])  # fmt: skip
def test_a_cluster_is_as_large_as_its_evidence_says_and_no_smaller_than_whom_it_names(value: Any, size: int) -> None:
    """Where the evidence says nothing of it, or nonsense, those named are counted."""
    said = (Evidence("accounts_24h >= 50", "accounts_24h", value, ">=", 50), Evidence("x", "x", 9_999, ">=", 1))
    assert size_of(of_cluster(alert(evidence=said))) == size
