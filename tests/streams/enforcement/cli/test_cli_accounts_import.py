"""`tipstaff accounts import`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from command_line import Outcome
from desks import Desks

from streams.enforcement.ledger import schema

RECORDS = [
    {"account_id": "acme", "plan": "enterprise", "contract": True, "as_of": "2026-03-02T09:00:00Z"},
    {"account_id": "new", "spend_usd_90d": 12.5, "owner_contact": "o@new.example", "as_of": "2026-03-02T09:00:00Z"},
]


def lines(*records: object) -> str:
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in records)


def imports(office: Desks, path: Path, *more: object, by: str = "ada") -> Outcome:
    return office.run("accounts", "import", path, "--why", "from billing", *more, by=by)


def known(office: Desks, account: str) -> dict[str, object]:
    (row,) = office.play.rows(schema.facts, schema.facts.c.account_id == account)
    return dict(row["known"])


@pytest.fixture
def emptied(office: Desks) -> Desks:
    """A ledger in which no account is known."""
    with office.play.ledger.writing(office.play.now_ms) as tx:
        tx.delete(schema.facts, schema.facts.c.account_id != "")
    return office


def test_facts_are_taken_in_and_recorded(emptied: Desks, tmp_path: Path) -> None:
    """Every account's facts stand in the ledger; the audit tells who imported which file."""
    path = tmp_path / "facts.ndjson"
    path.write_text(lines(*RECORDS))
    told = imports(emptied, path, "--json")
    assert (told.code, told.json["new"], told.json["wrong"]) == (0, 2, 0)
    assert known(emptied, "acme")["contract"] is True
    assert known(emptied, "new")["spend_usd_90d"] == 12.5
    (record,) = [row for row in emptied.play.rows(schema.audit) if row["kind"] == "facts"]
    assert record["by"] == "ada"
    assert record["body"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (record["body"]["accounts"], record["body"]["why"]) == (2, "from billing")


def test_a_wrong_line_is_told_and_the_rest_is_taken(emptied: Desks, tmp_path: Path) -> None:
    """Wrong lines are named with file and number, the lines beside them count, and the exit code says so."""
    path = tmp_path / "facts.csv"
    path.write_text("account_id,plan,dependants\none,pro,3\ntwo,pro,many\nthree,pro,0\n")
    told = imports(emptied, path)
    assert told.code == 1
    assert f"{path}:3: dependants" in told.err
    assert sorted(row["account_id"] for row in emptied.play.rows(schema.facts)) == ["one", "three"]
    assert "2 accounts: 2 new" in told.out
    assert "1 mistake" in told.out


def test_older_facts_never_replace_newer(emptied: Desks, tmp_path: Path) -> None:
    """An older file changes nothing of what a newer one said; the same again is no change."""
    path = tmp_path / "facts.ndjson"
    path.write_text(lines(*RECORDS))
    imports(emptied, path)
    path.write_text(lines({**RECORDS[0], "plan": "trial", "as_of": "2026-03-01T09:00:00Z"}, RECORDS[1]))
    told = imports(emptied, path, "--json").json
    assert (told["new"], told["changed"], told["same"], told["older"]) == (0, 0, 1, 1)
    assert known(emptied, "acme")["plan"] == "enterprise"


def test_facts_from_the_future_are_refused(emptied: Desks, tmp_path: Path) -> None:
    """Facts of a time yet to come would keep all later ones out: they are told and left out."""
    path = tmp_path / "facts.ndjson"
    path.write_text(lines({**RECORDS[0], "as_of": "2599-01-01T00:00:00Z"}, RECORDS[1]))
    told = imports(emptied, path)
    assert (told.code, "1 account has facts of more than 5 min from now" in told.out) == (1, True)
    assert [row["account_id"] for row in emptied.play.rows(schema.facts)] == ["new"]


def test_taking_an_account_off_the_allow_list_takes_two(emptied: Desks, tmp_path: Path) -> None:
    """The rest of such a file counts at once; who would leave the list is named, and does when a second one agrees."""
    path = tmp_path / "facts.ndjson"
    path.write_text(lines({**RECORDS[0], "allow_listed_until": "2599-01-01T00:00:00Z"}))
    imports(emptied, path)
    path.write_text(lines({**RECORDS[0], "plan": "trial", "as_of": "2026-03-03T09:00:00Z"}, RECORDS[1]))
    told = imports(emptied, path)
    assert (told.code, "takes 1 account off the allow list, or off it sooner: acme" in told.out) == (3, True)
    assert (known(emptied, "acme")["plan"], known(emptied, "new")["spend_usd_90d"]) == ("trial", 12.5)
    assert known(emptied, "acme")["allow_listed_until_ms"] is not None
    (change,) = emptied.run("actions", "list", "--waiting", "--json", by="ben").json
    assert [one["account_id"] for one in change["args"]["accounts"]] == ["acme"]
    assert emptied.asks("ada", "actions", "approve", change["change"]).code == 1
    assert emptied.asks("ben", "actions", "approve", change["change"]).code == 0
    assert known(emptied, "acme")["allow_listed_until_ms"] is None


def test_who_was_listed_anew_meanwhile_stays_listed(emptied: Desks, tmp_path: Path) -> None:
    """Agreeing with an older file does not undo what has been said since."""
    path = tmp_path / "facts.ndjson"
    for listed, day in (("2599-01-01T00:00:00Z", 1), (None, 2), ("2599-06-01T00:00:00Z", 3)):
        path.write_text(lines({**RECORDS[0], "allow_listed_until": listed, "as_of": f"2026-03-0{day}T09:00:00Z"}))
        imports(emptied, path)
    (change,) = emptied.run("actions", "list", "--waiting", "--json", by="ben").json
    assert emptied.asks("ben", "actions", "approve", change["change"]).code == 0
    assert known(emptied, "acme")["allow_listed_until_ms"] == 19_862_409_600_000


def test_only_an_admin_imports(emptied: Desks, tmp_path: Path) -> None:
    """Who has no role for it is refused, and nothing is taken in."""
    path = tmp_path / "facts.ndjson"
    path.write_text(lines(*RECORDS))
    refused = imports(emptied, path, by="eve")
    assert (refused.code, "needs the role admin" in refused.err) == (1, True)
    assert emptied.play.rows(schema.facts) == []


@pytest.mark.parametrize("content", ["", "no json\n"])
def test_a_file_without_facts_changes_nothing(emptied: Desks, tmp_path: Path, content: str) -> None:
    """A file of which nothing can be read is refused, with why; it is not recorded as an import."""
    path = tmp_path / "facts.ndjson"
    path.write_text(content)
    refused = imports(emptied, path)
    assert (refused.code, "nothing was changed" in refused.err, f"{path}:1:" in refused.err) == (1, True, True)
    assert [row for row in emptied.play.rows(schema.audit) if row["kind"] == "facts"] == []


def test_a_file_that_is_not_there_is_named(emptied: Desks, tmp_path: Path) -> None:
    """A path that nobody can read is said."""
    refused = imports(emptied, tmp_path / "absent.csv")
    assert (refused.code, "absent.csv: cannot be read" in refused.err) == (1, True)
