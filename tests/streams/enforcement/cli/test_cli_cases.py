"""`tipstaff cases`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from desks import CLAUSE, Desks

from streams.enforcement.ledger import schema
from streams.history.labels_file import read_labels

HOSTILE = "acme\x1b[2J[red]"


def the_case(office: Desks, account: str = "stranger") -> str:
    """A stranger's mining has a case; its owner is told to stop."""
    office.alert(account=account)
    (row,) = office.play.rows(schema.cases, schema.cases.c.clause == CLAUSE)
    return str(row["case_id"])


def test_a_case_is_listed_with_what_it_holds(office: Desks) -> None:
    """The list says whose it is, of which clause, how many alerts and actions, and when it is due."""
    case = the_case(office)
    (told,) = office.run("cases", "list", "--json").json
    assert (told["case_id"], told["account_id"], told["clause"], told["state"]) == (case, "stranger", CLAUSE, "open")
    assert (told["alerts"], told["actions"], told["accounts"], told["overdue"]) == (1, 1, 1, False)
    shown = office.run("cases", "list")
    assert case[:8] in shown.out
    assert "stranger" in shown.out
    assert "in 23 h" in shown.out or "in 59 min" in shown.out
    assert "1 case\n" in shown.out


@pytest.mark.parametrize(("option", "value", "found"), [
    ("--account", "stranger", 1), ("--account", "acme", 0), ("--clause", CLAUSE, 1), ("--clause", "spam", 0),
    ("--assignee", "rae", 0), ("--role", "nobody", 0),
])  # fmt: skip
def test_a_list_can_be_narrowed(office: Desks, option: str, value: str, found: int) -> None:
    """Each option leaves only the cases that it names."""
    the_case(office)
    assert len(office.run("cases", "list", option, value, "--json").json) == found


def test_show_tells_the_whole_case(office: Desks) -> None:
    """The alert, the action and the notes of a case are told, to people and to programs."""
    case = the_case(office)
    assert office.run("cases", "note", case[:8], "asked the owner", by="rae").code == 0
    told = office.run("cases", "show", case[:8], "--json").json
    assert [(one["rung"], one["state"]) for one in told["actions"]] == [("notice", "confirmed")]
    assert [one["rule"] for one in told["alerts"]] == ["mining-gpu-and-pool"]
    assert [(one["by"], one["text"]) for one in told["notes"]] == [("rae", "asked the owner")]
    shown = office.run("cases", "show", case[:8]).out
    assert all(word in shown for word in ("asked the owner", "confirmed", "stranger", case))


def test_what_is_not_there_is_said(office: Desks) -> None:
    """An id that no case has is refused, and so is closing it; nothing is written."""
    missing = office.run("cases", "show", "ffff")
    assert (missing.code, "no case ffff" in missing.err) == (1, True)
    assert office.asks("rae", "cases", "close", "ffff", "--disposition", "violation").code == 1


def test_a_case_is_assigned_noted_and_closed(office: Desks) -> None:
    """Assigning, and closing with a disposition, stand in the ledger with who and why."""
    case = the_case(office)
    assert office.asks("rae", "cases", "assign", case, "eve").code == 0
    assert office.run("cases", "list", "--assignee", "eve", "--json").json[0]["case_id"] == case
    closed = office.asks("rae", "cases", "close", case, "--disposition", "no_violation")
    assert closed.code == 0
    assert office.run("cases", "list", "--json").json == []
    (told,) = office.run("cases", "list", "--all", "--json").json
    assert (told["state"], told["disposition"], told["closed_by"]) == ("closed", "no_violation", "rae")


def test_many_are_closed_at_once_or_none(office: Desks) -> None:
    """Several ids are closed by one command; where one is wrong, none is."""
    for account in ("one", "two", "three"):
        office.alert(account=account)
    ids = [one["case_id"] for one in office.run("cases", "list", "--json").json]
    assert len(ids) == 3
    assert office.asks("rae", "cases", "close", *ids, "nothing", "--disposition", "violation").code == 1
    assert len(office.run("cases", "list", "--json").json) == 3
    assert office.asks("rae", "cases", "close", *ids, "--disposition", "violation").code == 0
    assert office.run("cases", "list", "--json").json == []


def test_closing_more_than_ten_takes_two(office: Desks) -> None:
    """Eleven are shown and wait for another's word, ten are closed at once."""
    ids = [office.play.command("rae", "case.open", title=f"case {number}").found["case_id"] for number in range(11)]
    close = ("cases", "close", *ids, "--disposition", "unclear")
    shown = office.asks("rae", *close)
    assert (shown.code, "close 11 cases" in shown.out, ids[0][:8] in shown.out) == (1, True, True)
    assert office.asks("rae", *close, "--yes").code == 3
    assert len(office.run("cases", "list", "--json").json) == 11
    (waiting,) = office.play.rows(schema.pending)
    assert office.asks("eve", "actions", "approve", waiting["change"]).code == 0
    assert office.run("cases", "list", "--json").json == []


def test_an_observer_may_look_and_no_more(office: Desks) -> None:
    """Who has no role for it is refused, with the role that it takes."""
    case = the_case(office)
    refused = office.asks("obi", "cases", "close", case, "--disposition", "violation")
    assert (refused.code, "reviewer" in refused.err) == (1, True)
    assert office.run("cases", "show", case, by="obi").code == 0


def test_a_case_of_ones_own(office: Desks) -> None:
    """A person opens a case that no alert opened."""
    opened = office.asks("rae", "cases", "open", "odd sign-ups", "--account", "acme", "--json")
    assert opened.code == 0
    assert office.run("cases", "list", "--json").json[0]["title"] == "odd sign-ups"


def test_child_safetys_cases_show_to_that_role_alone(office: Desks) -> None:
    """Without that role a restricted case is in no list, cannot be shown, and is exported to nobody."""
    office.hash_match()
    (row,) = office.play.rows(schema.cases)
    for by in (None, "rae", "eve", "ada"):
        assert office.run("cases", "list", "--all", "--json", by=by).json == []
        assert office.run("cases", "show", row["case_id"], by=by).code == 1
    (told,) = office.run("cases", "list", "--json", by="cas").json
    assert (told["restricted"], told["clause"]) == (True, "child-safety")


def test_looking_at_a_restricted_case_is_recorded(office: Desks) -> None:
    """That somebody of the role opened it stands in the audit, with their name."""
    office.hash_match()
    (row,) = office.play.rows(schema.cases)
    assert office.run("cases", "show", row["case_id"], by="cas").code == 0
    (looked,) = [one for one in office.play.rows(schema.audit) if one["kind"] == "look"]
    assert (looked["by"], looked["body"]["cases"]) == ("cas", [row["case_id"]])


def test_a_hostile_name_moves_no_cursor(office: Desks) -> None:
    """An account called after an escape sequence is shown escaped, in lists and in full."""
    case = the_case(office, account=HOSTILE)
    for shown in (office.run("cases", "list"), office.run("cases", "show", case)):
        assert "\x1b" not in shown.out
        assert "[red]" in shown.out


def test_closed_cases_become_labels_that_evaluate_reads(office: Desks, tmp_path: Path) -> None:
    """Violations carry the clause, honest accounts none, unclear cases nothing; the file is one `evaluate` takes."""
    for account in ("guilty", "honest", "unknown"):
        office.alert(account=account)
    ids = {one["account_id"]: one["case_id"] for one in office.run("cases", "list", "--json").json}
    for account, disposition in (("guilty", "violation"), ("honest", "no_violation"), ("unknown", "unclear")):
        assert office.asks("rae", "cases", "close", ids[account], "--disposition", disposition).code == 0
    exported = office.run("cases", "export")
    assert {row["account_id"]: row["clause"] for row in csv.DictReader(io.StringIO(exported.out))} == {
        "guilty": CLAUSE, "honest": ""}  # fmt: skip
    (tmp_path / "labels.csv").write_text(exported.out)
    assert read_labels(tmp_path / "labels.csv", [CLAUSE]).height == 2
    assert [one["clause"] for one in office.run("cases", "export", "--json").json] == [CLAUSE, ""]


def test_restricted_labels_are_for_that_role(office: Desks) -> None:
    """Child safety's closed cases are exported to a credential of that role alone, which the audit tells."""
    office.hash_match()
    (row,) = office.play.rows(schema.cases)
    assert office.asks("cas", "cases", "close", row["case_id"], "--disposition", "violation").code == 0
    assert office.run("cases", "export", "--json", by="rae").json == []
    assert [one["clause"] for one in office.run("cases", "export", "--json", by="cas").json] == ["child-safety"]
    assert [one["by"] for one in office.play.rows(schema.audit) if one["kind"] == "look"] == ["cas"]


def test_a_case_without_alerts_gives_no_label_and_says_so(office: Desks) -> None:
    """What no alert dates cannot be a label: it is counted, not passed over."""
    made = office.asks("rae", "cases", "open", "seen by eye", "--account", "acme", "--clause", CLAUSE, "--json")
    assert office.asks("rae", "cases", "close", made.json["case_id"], "--disposition", "violation").code == 0
    exported = office.run("cases", "export")
    assert exported.out == "account_id,clause,start,end\n"
    assert "1 closed cases have no alert" in exported.err


def test_an_account_called_like_a_formula_is_told_of(office: Desks) -> None:
    """In CSV such an account's name has an apostrophe before, which is said; JSON has it as it is."""
    case = the_case(office, "=cmd()")
    assert office.asks("rae", "cases", "close", case, "--disposition", "violation").code == 0
    exported = office.run("cases", "export")
    assert "\n'=cmd(),cryptomining," in exported.out
    assert "1 of accounts that a spreadsheet would take for formulas" in exported.err
    assert [one["account_id"] for one in office.run("cases", "export", "--json").json] == ["=cmd()"]


def test_a_reviewer_lets_the_owner_be_told(office: Desks) -> None:
    """From then on, and for that role alone, the statement shows the letter; the case says who let it go."""
    office.hash_match("acme")
    (case,) = [row["case_id"] for row in office.play.rows(schema.cases)]
    (action,) = [row["action_id"] for row in office.play.actions(rung="contain")]
    assert "without a reviewer" in office.run("statements", "show", action, by="cas").out
    assert office.asks("eve", "cases", "inform", case).code == 1
    assert office.asks("cas", "cases", "inform", case[:8]).out == "1 owner will be told\n"
    (letter,) = office.play.notices.got.values()
    assert letter.data["text"].strip() in office.run("statements", "show", action, by="cas").out
    assert office.run("statements", "show", action, by="eve").code == 1
    assert office.run("statements", "export", "--json", by="cas").json == []
    assert "let the owner of acme be told" in office.run("cases", "show", case, by="cas").out


def test_a_report_is_drafted_for_people_once_a_reviewer_has_confirmed(office: Desks) -> None:
    """Of a confirmed case the draft says how and when one knew, the hold and who looked; what only people can say is
    left open. Before that, of another case, or for another role there is none.
    """
    office.hash_match()
    (case,) = [row["case_id"] for row in office.play.rows(schema.cases)]
    assert office.run("cases", "report-draft", case, by="eve").code == 1
    early = office.run("cases", "report-draft", case, by="cas")
    assert (early.code, "closed as a violation" in early.err) == (1, True)
    assert office.asks("cas", "cases", "close", case, "--disposition", "violation").code == 0
    draft = office.run("cases", "report-draft", case, by="cas").json
    assert [one["how"] for one in draft["knowledge"]] == ["hash_match"]
    assert (draft["reviewer"], len(draft["holds"])) == ("cas", 1)
    assert {one["by"] for one in draft["looked_at"]} == {"cas"}
    assert set(draft["to_be_completed"].values()) == {None}
    assert "file_viewed_by_us" in draft["to_be_completed"]
