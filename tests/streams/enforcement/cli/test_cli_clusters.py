"""Alerts and cases about clusters, as people are shown them."""

from __future__ import annotations

from pathlib import Path

from cluster_alerts import cluster_alert
from command_line import tipstaff
from desks import CLAUSE, Desks, now_ms

from streams.alert_lines import as_line
from streams.enforcement.ledger import schema

NAMED = [f"farm-{n:02}" for n in range(24)]
WHO = "accounts with one template fingerprint (3141592653)"


def test_a_case_shows_its_cluster_and_what_each_account_did_itself(office: Desks) -> None:
    """Which tie, how many accounts, and of those named first who has alerts of their own; for programs, all of it."""
    office.alert(account="farm-17")
    office.play.alert(cluster_alert(NAMED, size=24_000, clause=CLAUSE, at_ms=now_ms()))
    (case,) = [row["case_id"] for row in office.play.rows(schema.cases) if row["account_id"] is None]
    shown = office.run("cases", "show", case[:8]).out
    assert f"{WHO}: 24,000 accounts within 24 h" in shown
    assert "24 accounts seen in it" in shown
    assert shown.index("farm-17") < shown.index("farm-00")
    told = office.run("cases", "show", case, "--json").json
    assert told["clusters"][0]["accounts_24h"] == 24_000
    assert [(one["account_id"], one["alerts"], one["standing"]) for one in told["members"][:2]] == [
        ("farm-17", 1, ["notice (confirmed)"]), ("farm-00", 0, [])]  # fmt: skip
    assert told["alerts"][0]["account_id"] is None
    assert "24 accounts" in office.run("cases", "list").out


def test_people_act_on_the_accounts_of_a_cluster_and_never_on_the_cluster(office: Desks) -> None:
    """An alert about it is about nobody; more than ten accounts take two people, as ever; one account takes one."""
    office.play.alert(found := cluster_alert(NAMED, clause=CLAUSE, at_ms=now_ms()))
    refused = office.asks("eve", "accounts", "act", "throttle", "--alert", found.id[:12])
    assert refused.code == 1
    assert "is about a cluster, and so about none of its accounts: name an ACCOUNT" in " ".join(refused.err.split())
    (case,) = office.play.rows(schema.cases)
    asked = office.asks("eve", "accounts", "act", "throttle", "--case", case["case_id"])
    assert (office.play.actions(), "waits" in asked.out) == ([], True)
    assert office.asks("eve", "accounts", "act", "throttle", "farm-01", "--clause", CLAUSE).code == 0
    assert office.play.in_force() == [("throttle", "farm-01")]


def test_alerts_about_clusters_are_listed_and_explained_as_nobodys(tmp_path: Path) -> None:
    """The list says what is shared; to explain one is to name whom it was seen with; no account's list has it."""
    (tmp_path / "alerts.ndjson").write_text(as_line(cluster_alert(NAMED[:2], clause=CLAUSE)) + "\n")
    (listed,) = tipstaff("alerts", "list", "--data-dir", tmp_path, "--json").json
    assert listed["accounts"] == NAMED[:2]
    assert WHO in " ".join(tipstaff("alerts", "list", "--data-dir", tmp_path).out.split())
    told = tipstaff("alerts", "explain", listed["id"], "--data-dir", tmp_path).out
    assert told.splitlines()[1] == f"240 {WHO}"
    assert "farm-00, farm-01" in told
    assert tipstaff("alerts", "list", "--account", "farm-00", "--data-dir", tmp_path).out.endswith("no alerts\n")
