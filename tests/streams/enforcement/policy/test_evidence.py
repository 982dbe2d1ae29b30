"""Which kinds of evidence count as an account's own."""

from __future__ import annotations

from dataclasses import replace

from policy_matters import alert

from streams.enforcement.policy.evidence import own_signals


def test_links_and_models_are_no_evidence_of_ones_own() -> None:
    """What is shared with others, and what a model makes of the rest, never count."""
    assert own_signals(alert(signals=("link", "model", "output")), ()) == {"output"}
    assert own_signals(alert(signals=("link", "model")), ()) == frozenset()


def test_one_kind_of_evidence_counts_once() -> None:
    """Ten rules that read one classifier are one voice."""
    others = [alert(rule=f"rule-{n}", signals=("content",)) for n in range(10)]
    assert own_signals(alert(signals=("content",)), others) == {"content"}


def test_only_the_same_matter_counts() -> None:
    """Another clause's alert, and another account's, say nothing about this one."""
    about = alert(signals=("network",))
    elsewhere = replace(alert(rule="other", signals=("output",)), entity="acct-2")
    reported = alert("content", rule="other", signals=("report",))
    confirmed = alert(rule="third", signals=("report",))
    assert own_signals(about, [about, elsewhere, reported]) == {"network"}
    assert own_signals(about, [confirmed]) == {"network", "report"}


def test_a_pods_neighbour_is_no_evidence_against_it() -> None:
    """For a workload its own alerts count alone; for the account all of its parts' do."""
    first = alert(kind="workload", entity="pod-1", signals=("process",))
    second = alert(kind="workload", entity="pod-2", signals=("network",))
    account = alert(signals=("telemetry",))
    assert own_signals(first, [second, account]) == {"process"}
    assert own_signals(account, [first, second]) == {"process", "network", "telemetry"}
