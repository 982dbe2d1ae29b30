"""Alerts about clusters on the command line: listed, explained, and told of the accounts that they name."""

from __future__ import annotations

from pathlib import Path

import pytest
from cluster_alerts import cluster_alert
from command_line import tipstaff
from playing import BEGIN_MS

from streams.alert_lines import as_line

WHO = "240 accounts with one client and network (2718281828)"
HOSTILE = "evil\x1b[2J"
FIRST = cluster_alert(("busy-account", "other"), "ja4_asn:2718281828", clause="spam", episode_ms=BEGIN_MS)
LATER = cluster_alert((HOSTILE, "other"), "ja4_asn:2718281828", clause="spam", episode_ms=BEGIN_MS,
                      at_ms=BEGIN_MS + 900_000, revision=2)  # fmt: skip


@pytest.fixture(scope="module")
def data(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run over the sample leaves, with two revisions of an alert about a cluster."""
    folder = tmp_path_factory.mktemp("run")
    assert tipstaff("run", pack / "sample.ndjson", "--pack", pack, "--data-dir", folder).code == 0
    with (folder / "alerts.ndjson").open("a") as file:
        file.writelines(as_line(one) + "\n" for one in (FIRST, LATER))
    return folder


def test_an_account_list_says_what_stands_elsewhere(data: Path) -> None:
    """It has the account's own alerts; that alerts about clusters name it is said beside. The whole list has all."""
    found = tipstaff("alerts", "list", "--data-dir", data, "--account", "busy-account", "--json")
    assert [one["detector"] for one in found.json] == ["image-flood"]
    assert "1 alert about clusters names it besides: tipstaff accounts show tells them" in found.err
    assert tipstaff("alerts", "list", "--data-dir", data, "--account", "", "--json").json == []
    assert WHO in tipstaff("alerts", "list", "--data-dir", data).out


def test_an_alert_about_a_cluster_is_explained(data: Path) -> None:
    """How many share what, whom it was seen with and what that says of them; no id moves the cursor."""
    told = tipstaff("alerts", "explain", FIRST.id, "--data-dir", data).out
    assert told.splitlines()[1] == WHO
    assert "2 accounts seen with it last, which says nothing of what they did themselves:" in told
    assert "  evil\\x1b[2J, other" in told.splitlines()


def test_an_account_is_shown_with_the_clusters_that_name_it(pack: Path, data: Path) -> None:
    """Apart from its own alerts; one of whom nothing else is known is shown too."""
    shown = tipstaff("accounts", "show", "busy-account", "--data-dir", data, "--pack", pack, "--json").json
    assert [one["detector"] for one in shown["alerts"]] == ["image-flood"]
    assert [(one["detector"], one["revision"]) for one in shown["clusters"]] == [("farm", 2)]
    told = tipstaff("accounts", "show", "other", "--data-dir", data, "--pack", pack).out
    assert "0 alerts" in told
    assert "named in 1 alert about clusters: seen with others, which says nothing of what it did itself" in told
    assert WHO in told
