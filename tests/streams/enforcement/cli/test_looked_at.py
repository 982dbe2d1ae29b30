"""Whoever sees anything of child safety's matters, by whatever command, is in the audit with what they saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desks import Desks

import streams.cli
from streams.enforcement.ledger import schema

ALL_SHOWN = {
    "cases": ["cases list", "cases show CASE", "accounts act throttle --case CASE --why look"],
    "actions": ["actions list", "actions show ACTION", "actions undo ACTION --why look", "statements show ACTION",
                "accounts act throttle other --clause child-safety --why look", "standing export"],
    "alerts": ["cases show CASE", "accounts act throttle --alert ALERT --why look"],
    "appeals": ["appeals list"], "pending": ["actions list --waiting"], "reports": ["reports list"],
    "holds": ["accounts holds"],
}  # fmt: skip
CLOSED = {"cases": ["cases list --all", "cases export", "cases report-draft CASE"]}


@pytest.fixture
def matters(office: Desks) -> dict[str, str]:
    """Child safety's matters of an account: an alert, its case and action, an appeal, a report, what waits."""
    alert = office.hash_match()
    (case,) = office.play.rows(schema.cases)
    (action,) = office.play.actions(rung="contain")
    assert office.run("appeals", "add", action["action_id"], "--by", "o", "--reason", "no", by="cas").code == 0
    assert office.run("reports", "add", "look at it", "--reporter", "r", "--matter", "minors", by="rae").code == 0
    asked = office.asks("cas", "accounts", "act", "terminate", "other", "--clause", "child-safety")
    assert asked.code == 3
    return {"CASE": case["case_id"], "ACTION": action["action_id"], "ALERT": alert.id}


def looks(office: Desks) -> list[dict[str, Any]]:
    return [row for row in office.play.rows(schema.audit) if row["kind"] == "look"]


def check(office: Desks, matters: dict[str, str], shown: dict[str, list[str]]) -> None:
    """Each command shows something, and is recorded with what it showed."""
    for table, commands in shown.items():
        for command in commands:
            words, before = [matters.get(word, word) for word in command.split()], len(looks(office))
            seen = office.run(*words, by="cas")
            assert seen.out, command
            new = looks(office)[before:]
            assert [one["by"] for one in new] == ["cas"] * max(1, len(new)), command
            assert any(one["body"].get(table) for one in new), command


def test_no_command_shows_them_without_a_record(office: Desks, matters: dict[str, str]) -> None:
    """Lists, single ones, previews and exports alike; another role, who sees nothing of it, is in no record."""
    assert office.run("actions", "list", "--json", by="eve").json == []
    assert {one["by"] for one in looks(office)} == {"cas"}  # who asked for what waits saw whom it reaches
    check(office, matters, ALL_SHOWN)
    for row in office.play.rows(schema.cases, schema.cases.c.state == "open"):
        assert office.asks("cas", "cases", "close", row["case_id"], "--disposition", "violation").code == 0
    check(office, matters, CLOSED)


def test_commands_see_the_ledger_in_no_other_way() -> None:
    """A view of the ledger is made in one place, but for what has no matters in it: people, packs, sinks, the audit."""
    folder = Path(str(streams.cli.__file__)).parent
    assert {path.stem for path in folder.glob("*.py") if ".reading()" in path.read_text()} == {
        "audit", "demo_stage", "ledger_found", "ledger_options", "people", "run_reports"}  # fmt: skip
