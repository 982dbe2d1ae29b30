"""`tipstaff appeals`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desks import Desks

from streams.enforcement.ledger import schema

SENT = {
    "appealId": "ap-7", "appealedBy": "owner@acme", "appealedAt": "2026-03-02T09:00:00Z",
    "actionedItem": {"id": "acme", "typeId": "account"}, "actionsTaken": [], "violatingPolicies": [{"id": "x"}],
    "appealReason": "it was our own test",
}  # fmt: skip


def stopped(office: Desks) -> str:
    """A pod of acme was stopped; the action's id."""
    office.alert(workload="pod-1")
    return str(next(row["action_id"] for row in office.play.actions() if row["rung"] == "stop_workload"))


def appealed(office: Desks) -> tuple[str, str]:
    """Acme's owner appeals against that; ids of action and appeal."""
    action = stopped(office)
    told = office.run("appeals", "add", action[:10], "--by", "owner@acme", "--reason", "not mining", "--json", by="rae")
    assert told.code == 0
    return action, told.json["appeal_id"]


def test_an_appeal_is_recorded_with_a_case(office: Desks) -> None:
    """It is listed with what it is against and who appeals, and has a case that is due within an hour of a payer's."""
    action, appeal = appealed(office)
    (told,) = office.run("appeals", "list", "--json").json
    assert (told["appeal_id"], told["action_id"], told["state"]) == (appeal, action, "open")
    assert (told["appealed_by"], told["appeal_reason"], told["rung"]) == ("owner@acme", "not mining", "stop_workload")
    assert "in 59 min" in office.run("appeals", "list").out
    assert told["case_id"] in {row["case_id"] for row in office.play.rows(schema.cases)}


def test_an_overturned_appeal_lifts_the_action(office: Desks) -> None:
    """Answered as overturned, the workload runs again, the owner is told, and the case is a label of honesty."""
    _, appeal = appealed(office)
    assert office.play.in_force() == [("stop_workload", "pod-1")]
    answered = office.asks("eve", "appeals", "answer", appeal, "--overturned", "--text", "you were right")
    assert answered.code == 0
    assert office.play.in_force() == []
    assert any("you were right" in one.data["text"] for one in office.play.notices.got.values())
    assert office.run("appeals", "list", "--json").json == []
    (told,) = office.run("appeals", "list", "--all", "--json").json
    assert (told["answer"], told["answered_by"]) == ("overturned", "eve")
    labels = office.run("cases", "export", "--json").json
    assert [(one["account_id"], one["clause"]) for one in labels] == [("acme", "")]


def test_an_upheld_appeal_changes_nothing(office: Desks) -> None:
    """Answered as upheld, the action stays in force; a second answer is refused."""
    _, appeal = appealed(office)
    assert office.asks("rae", "appeals", "answer", appeal, "--upheld", "--text", "it was mining").code == 0
    assert office.play.in_force() == [("stop_workload", "pod-1")]
    again = office.asks("rae", "appeals", "answer", appeal, "--overturned", "--text", "it was not")
    assert (again.code, "answered already" in again.err) == (1, True)


def test_whoever_asked_for_the_action_does_not_judge_it(office: Desks) -> None:
    """An appeal is assigned to and answered by another person than the one who acted."""
    acted = office.asks("eve", "accounts", "act", "suspend", "acme", "--clause", "cryptomining")
    assert acted.code == 0
    action = next(row["action_id"] for row in office.play.actions() if row["rung"] == "suspend")
    appeal = office.run("appeals", "add", action, "--by", "o", "--reason", "no", "--json", by="rae").json["appeal_id"]
    assert office.asks("rae", "appeals", "assign", appeal, "eve").code == 1
    assert office.asks("eve", "appeals", "answer", appeal, "--upheld", "--text", "no").code == 1
    assert office.asks("rae", "appeals", "assign", appeal, "eli").code == 0
    assert office.run("appeals", "list", "--json").json[0]["assignee"] == "eli"


@pytest.mark.parametrize("taken", [[], ["stop_workload"], ["ID"]])
def test_an_appeal_from_another_tool(office: Desks, tmp_path: Path, taken: list[str]) -> None:
    """The fields of a moderation tool's appeal find the action: by its id, by rung and account, or by account alone."""
    action = stopped(office)
    sent = {**SENT, "actionsTaken": [action if one == "ID" else one for one in taken]}
    (tmp_path / "appeal.json").write_text(json.dumps(sent))
    added = office.run("appeals", "add", "--from", tmp_path / "appeal.json", "--json", by="rae")
    assert (added.code, [one["action_id"] for one in added.json["recorded"]]) == (0, [action])
    (told,) = office.run("appeals", "list", "--json").json
    assert (told["appealed_by"], told["appealed"]) == ("owner@acme", "2026-03-02T09:00:00.000Z")
    (record,) = [row for row in office.play.rows(schema.audit) if row["kind"] == "appeal"]
    assert record["body"]["why"] == "appeal ap-7"


def test_an_appeal_that_comes_again_is_the_same(office: Desks, tmp_path: Path) -> None:
    """The same appealId changes nothing, however much has happened since, and says so; another one is an appeal."""
    stopped(office)
    (tmp_path / "appeal.json").write_text(json.dumps(SENT))
    first = office.run("appeals", "add", "--from", tmp_path / "appeal.json", "--json", by="rae").json["recorded"][0]
    office.alert(workload="pod-2")
    office.asks("eve", "appeals", "answer", first["appeal_id"], "--overturned", "--text", "you were right")
    before = office.play.rows(schema.appeals), office.play.rows(schema.cases)
    again = office.run("appeals", "add", "--from", tmp_path / "appeal.json", by="rae")
    assert (again.code, "1 appeal was recorded before: nothing is changed" in again.out) == (0, True)
    assert (office.play.rows(schema.appeals), office.play.rows(schema.cases)) == before
    (tmp_path / "appeal.json").write_text(json.dumps({**SENT, "appealId": "ap-8"}))
    office.run("appeals", "add", "--from", tmp_path / "appeal.json", by="rae")
    assert [row["outside_id"] for row in office.play.rows(schema.appeals)] == ["ap-7", "ap-8"]


@pytest.mark.parametrize(("wrong", "said"), [
    ({"appealedAt": "yesterday"}, "appealedAt is no time"), ({"appealReason": 7}, "is no appeal"),
    ({"actionedItem": {"id": "nobody"}}, "no action under way"), ({"actionsTaken": ["suspend"]}, "no action under way"),
])  # fmt: skip
def test_a_wrong_appeal_is_refused(office: Desks, tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    """A file that is no appeal, or is against nothing, is refused with why, and nothing is recorded."""
    stopped(office)
    (tmp_path / "appeal.json").write_text(json.dumps({**SENT, **wrong}))
    refused = office.run("appeals", "add", "--from", tmp_path / "appeal.json", by="rae")
    assert (refused.code, said in refused.err) == (1, True)
    assert office.play.rows(schema.appeals) == []


def test_an_appeal_against_a_restricted_action_shows_to_one_role(office: Desks) -> None:
    """Child safety's actions can be appealed against and seen by that role alone."""
    office.hash_match()
    (action,) = (row["action_id"] for row in office.play.actions() if row["rung"] == "contain")
    refused = office.run("appeals", "add", action, "--by", "o", "--reason", "no", by="rae")
    assert refused.code == 1
    assert "contain" not in refused.err
    assert office.run("appeals", "add", action, "--by", "o", "--reason", "no", by="cas").code == 0
    assert office.run("appeals", "list", "--json", by="rae").json == []
    assert len(office.run("appeals", "list", "--json", by="cas").json) == 1
