"""What the demo says of campaigns and honest tenants that alerts about clusters name."""

from __future__ import annotations

import pytest
from cluster_alerts import TEMPLATE, cluster_alert
from playing import BEGIN_MS, made_alert

from detectors.alert import Alert
from streams.cli.demo_report import tell_report
from streams.simulator import Label

HOUR_MS = 3_600_000
RING = [f"ring-{number}" for number in range(3)]
LABELS = [
    *(Label(name, "copying", "a ring", None, BEGIN_MS, BEGIN_MS + HOUR_MS) for name in RING),
    Label("loner", "spam", "a spammer", None, BEGIN_MS, BEGIN_MS + HOUR_MS),
    *(Label(name, "", "a pupil", None, BEGIN_MS, BEGIN_MS + HOUR_MS) for name in ("pupil-0", "pupil-1", "pupil-2")),
]


def named(*accounts: str, clause: str = "copying", at_ms: int = BEGIN_MS, revision: int = 1) -> Alert:
    return cluster_alert(accounts, clause=clause, at_ms=at_ms, revision=revision)


def shown(capsys: pytest.CaptureFixture[str], *alerts: Alert) -> tuple[str, str, str]:
    """What is said under CAUGHT, MISSED and HONEST TENANTS TOUCHED."""
    tell_report(LABELS, alerts)
    caught, _, rest = capsys.readouterr().out.partition("MISSED")
    missed, _, touched = rest.partition("HONEST TENANTS TOUCHED: ")
    return caught, missed, touched


def test_a_campaign_is_caught_by_a_cluster_of_its_clause(capsys: pytest.CaptureFixture[str]) -> None:
    """When, by which rule, and how many of its accounts: those that any revision names, by their own time."""
    later = named("ring-0", "ring-2", at_ms=BEGIN_MS + HOUR_MS, revision=2)
    caught, missed, touched = shown(capsys, later, named("ring-0", "ring-1", at_ms=BEGIN_MS + HOUR_MS // 2))
    assert "a ring (3 of 3 accounts, 3 by a cluster alone)" in caught
    assert "first alert 30 min later" in caught
    assert "high: farm fired (240 accounts with one template fingerprint (3141592653))" in caught
    assert "240: accounts_24h >= 50" in caught
    assert "a ring" not in missed
    assert "a spammer (account loner)" in missed
    assert touched.splitlines()[0] == "0 of 3"


def test_an_account_with_an_alert_of_its_own_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does the cluster, which is no account, count as one."""
    caught, _, _ = shown(capsys, made_alert("asks", "copying", account="ring-0"), named("ring-0"))
    assert "a ring (1 of 3 accounts)" in caught


def test_a_cluster_of_another_clause_or_of_others_catches_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """A campaign stays missed then."""
    caught, missed, _ = shown(capsys, named(*RING, clause="spam"), named("stranger"))
    assert caught.strip() == "CAUGHT"
    assert "a ring (account ring-0 and 2 more)" in missed


def test_honest_tenants_in_a_cluster_are_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    """Apart from those with alerts of their own; many of a sort stand in one row."""
    own = made_alert("spams", "spam", account="pupil-0")
    _, _, touched = shown(capsys, own, named("pupil-0", "pupil-1", "ring-0"), named("pupil-2", revision=2))
    lines = [" ".join(line.split()) for line in touched.splitlines()]
    assert lines[0] == "3 of 3, 2 of them only named in a cluster"
    assert any(line.startswith("a pupil high spams fired") for line in lines)
    assert any(line.startswith("3 × a pupil, named in a cluster high farm fired") for line in lines)
    assert TEMPLATE not in touched
