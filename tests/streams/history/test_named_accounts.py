"""Alerts about clusters against labels, and in two packs: each account that one names counts by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from cluster_alerts import CLIENT, cluster_alert
from command_line import tipstaff
from playing import BEGIN_MS, made_alert

from detectors.alert import Alert
from streams.alert_lines import as_line, rfc3339
from streams.cli import differences
from streams.history.comparing import Collected, Comparison, Spoken, compare
from streams.history.evaluation import Raised, stored_alerts
from streams.history.judging import LABELS
from streams.history.scoring import score

HOUR_MS = 3_600_000
END_MS = BEGIN_MS + HOUR_MS


def named(*accounts: str, at_ms: int = BEGIN_MS, revision: int = 1, severity: str = "high") -> Alert:
    """A revision of one alert about a cluster."""
    return cluster_alert(accounts, clause="spam", rule="ring", at_ms=at_ms, episode_ms=BEGIN_MS, revision=revision,
                         severity=severity)  # fmt: skip


REVISIONS = (named("guilty", "pupil", severity="low"), named("guilty", "other", at_ms=BEGIN_MS + 60_000, revision=2),
             made_alert("ring", "spam", account="pupil", at_ms=BEGIN_MS))  # fmt: skip


def raised(least: str, alerts: tuple[Alert, ...] = REVISIONS) -> pl.DataFrame:
    found = Raised(least)
    found.tell(alerts)
    return found.frame


def test_a_later_revision_counts_from_its_own_time() -> None:
    """For the accounts that it names first; the others stay as the first that named them, if that was severe enough."""
    rows = raised("low").filter(kind="cluster").select("account_id", "time", "severity").rows()
    assert rows == [("guilty", BEGIN_MS, "low"), ("pupil", BEGIN_MS, "low"), ("other", BEGIN_MS + 60_000, "high")]
    severe = raised("high").filter(kind="cluster").select("account_id", "time").rows()
    assert severe == [("guilty", BEGIN_MS + 60_000), ("other", BEGIN_MS + 60_000)]


def test_who_joins_a_cluster_before_breaching_is_caught_at_the_start() -> None:
    """As long as a revision still names them then; one that was no longer named is not."""
    labels = pl.DataFrame([{"account_id": name, "clause": "spam", "start": BEGIN_MS + 60_000, "end": END_MS, "line": n}
                           for n, name in enumerate(("guilty", "other"))], schema=LABELS)  # fmt: skip
    alerts = raised("low", (named("guilty", "other"), named("guilty", at_ms=BEGIN_MS + 600_000, revision=2)))
    found = score(labels, alerts, 0, {"ring": "spam"}).overall
    assert found.recall is not None
    assert found.precision is not None
    assert found.median is not None
    assert (found.recall.k, found.precision.k, found.precision.n, found.median.ms) == (1, 1, 2, 0)


@pytest.mark.parametrize("least", ["low", "high"])
def test_stored_lines_say_what_was_raised(tmp_path: Path, least: str) -> None:
    """In whatever order the revisions stand."""
    path = tmp_path / "alerts.ndjson"
    path.write_text("".join(as_line(one) + "\n" for one in reversed(REVISIONS)))
    assert stored_alerts(path, least).sort("id", "account_id").equals(raised(least).sort("id", "account_id"))


def test_a_cluster_is_right_or_wrong_of_each_account() -> None:
    """It catches the guilty of its clause, wrongs the honest, tells nothing of the unknown, is no account itself."""
    labels = pl.DataFrame([
        {"account_id": "guilty", "clause": "spam", "line": 2}, {"account_id": "missed", "clause": "spam", "line": 3},
        {"account_id": "pupil", "line": 4}, {"account_id": "elsewhere", "clause": "mining", "line": 5},
    ], schema={one: kind for one, kind in LABELS.items() if one not in ("start", "end")}).with_columns(
        start=pl.lit(BEGIN_MS - HOUR_MS), end=pl.lit(END_MS))  # fmt: skip
    alerts = raised("low", (named("guilty", "pupil", "stranger", "elsewhere"),))
    found = score(labels, alerts, 10, {"ring": "spam"})
    one = found.rules["ring"]
    assert one.recall is not None
    assert one.precision is not None
    assert one.false is not None
    assert one.median is not None
    assert (one.recall.k, one.recall.n, one.median.ms) == (1, 2, HOUR_MS)
    assert (one.precision.k, one.precision.n) == (1, 3)
    assert (one.false.count, one.false.by_severity, found.unknown) == (1, {"high": 1}, 1)


def test_an_evaluation_has_the_rules_of_clusters(tmp_path: Path) -> None:
    """Of the shipped pack, too: caught by whom the alert names, no account of no name among them."""
    (tmp_path / "labels.csv").write_text(
        f"account_id,clause,start,end\nring-1,model-extraction,{rfc3339(BEGIN_MS)},{rfc3339(END_MS)}\n"
    )
    alert = cluster_alert(("ring-1", "ring-2"), clause="model-extraction", rule="extraction-ring")
    (tmp_path / "alerts.ndjson").write_text(as_line(alert) + "\n")
    found = tipstaff("evaluate", "--labels", tmp_path / "labels.csv", "--alerts", tmp_path / "alerts.ndjson", "--json")
    assert found.json["rules"]["extraction-ring"]["recall"]["k"] == 1
    assert found.json["accounts_with_unjudged_alerts"] == 1


def compared(here: tuple[Alert, ...], there: tuple[Alert, ...] = ()) -> Comparison:
    sides = (Collected(), Collected())
    for side, alerts in zip(sides, (here, there), strict=True):
        for one in alerts:
            side.tell([one])
    return compare(sides[0].alerts, sides[1].alerts)


def test_packs_differ_by_accounts_that_one_only_names_in_a_cluster() -> None:
    """Every revision's accounts; who has an alert of its own stands there for that."""
    found = compared(REVISIONS)
    assert found.accounts_here == (Spoken("guilty", "spam", True), Spoken("other", "spam", True),
                                   Spoken("pupil", "spam", False))  # fmt: skip
    assert compared(REVISIONS, REVISIONS[1:]).accounts_here == ()
    own = made_alert("ring", "spam", account="guilty", at_ms=BEGIN_MS)
    assert compared((own,), REVISIONS).accounts_here == (Spoken("guilty", "spam", False),)


def test_a_comparison_tells_whom_clusters_name(capsys: pytest.CaptureFixture[str]) -> None:
    """With how many accounts and what they share, and never an empty account; what an id would do stays text."""
    hostile = "evil\x1b[2J[red]"
    found = compared((replace(cluster_alert((hostile, "b"), CLIENT), severity="high"),))
    differences.tell(found, found, ("this", "other"), json=False)
    said = capsys.readouterr().out
    assert "2 accounts with one ja4 network (2718281828)" in said
    assert "evil\\x1b[2J[red]  mining  named in a cluster  this" in said
    differences.tell(found, found, ("this", "other"), json=True)
    assert '"account_id": ""' not in capsys.readouterr().out
