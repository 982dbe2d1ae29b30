"""`tipstaff people`."""

import json
import stat
from pathlib import Path

import pytest
from command_line import tipstaff
from desks import Desks

from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import in_file


def add_first(empty: Desks, *more: str) -> int:
    return empty.run("people", "add", "ada", "--role", "admin", "--role", "enforcer", "--credential",
                     empty.file("ada"), "--why", "the first of us", *more).code  # fmt: skip


def names(desks: Desks) -> list[str]:
    return sorted(row["name"] for row in desks.play.rows(schema.people))


def test_the_first_person_adds_themselves(empty: Desks) -> None:
    """On a ledger of nobody the first person is added unsigned, which the audit says, and their key is theirs alone."""
    assert add_first(empty) == 0
    (ada,) = empty.run("people", "list", "--json").json
    assert (ada["name"], ada["roles"], ada["revoked"]) == ("ada", ["admin", "enforcer"], None)
    (record,) = [row for row in empty.play.rows(schema.audit) if row["kind"] == "people"]
    assert record["body"] == {"name": "ada", "roles": ["admin", "enforcer"], "bootstrap": True,
                              "why": "the first of us"}  # fmt: skip
    assert stat.S_IMODE(empty.file("ada").stat().st_mode) == 0o600
    assert json.loads(empty.file("ada").read_text())["private_key"] not in repr(empty.play.rows(schema.audit))


def test_a_command_begins_a_ledger(tmp_path: Path) -> None:
    """Adding the first person makes the ledger, its owner's alone; any other command says that there is none."""
    ledger = ["--ledger", in_file(tmp_path / "new" / "ledger.db")]
    missing = tipstaff("people", "list", *ledger)
    assert (missing.code, "there is no ledger here" in missing.err) == (1, True)
    added = tipstaff("people", "add", "ada", "--role", "admin", "--credential", tmp_path / "a.json", "--why", "first",
                     *ledger)  # fmt: skip
    assert (added.code, str(tmp_path / "a.json") in added.out) == (0, True)
    assert stat.S_IMODE((tmp_path / "new" / "ledger.db").stat().st_mode) == 0o600


def test_a_refused_command_begins_nothing(tmp_path: Path) -> None:
    """Somebody who gives no reason is told to, and neither ledger nor credential is made."""
    refused = tipstaff("people", "add", "ada", "--role", "admin", "--credential", tmp_path / "a.json", "--ledger",
                       in_file(tmp_path / "ledger.db"))  # fmt: skip
    assert (refused.code, "--why is needed" in refused.err) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_the_first_person_can_add_others(empty: Desks) -> None:
    """A first person who is no admin is refused, and no credential is left lying about."""
    refused = empty.run("people", "add", "eve", "--role", "enforcer", "--credential", empty.file("eve"), "--why", "me")
    assert (refused.code, "needs the role admin" in refused.err) == (1, True)
    assert not empty.file("eve").exists()
    assert empty.play.rows(schema.people) == []


def test_nobody_adds_themselves_to_people_that_are_there(office: Desks) -> None:
    """Once there is anybody, an unsigned or unknown person's request changes nothing."""
    before = names(office)
    mine = office.folder / "mallory.json"
    tipstaff("people", "credential", "mallory", "--credential", mine)
    refused = office.run("people", "add", "mallory", "--role", "admin", "--credential", office.folder / "new.json",
                         "--why", "let me in", by="mallory")  # fmt: skip
    assert (refused.code, "nobody here is called mallory" in refused.err) == (1, True)
    assert names(office) == before
    assert not (office.folder / "new.json").exists()


def test_the_second_person_of_a_team_waits_for_time(empty: Desks) -> None:
    """With a single admin nobody else could agree, so adding the second waits, and is done by itself afterwards."""
    add_first(empty)
    asked = empty.asks("ada", "people", "add", "ben", "--role", "admin", "--credential", empty.file("ben"))
    assert (asked.code, "there is nobody else to agree" in asked.out) == (3, True)
    empty.play.later(29 * 60_000)
    assert names(empty) == ["ada"]
    empty.play.later(2 * 60_000)
    assert names(empty) == ["ada", "ben"]


def test_the_third_takes_two_people(office: Desks) -> None:
    """An admin's request waits for another admin; nobody of other roles can agree; then the new one's key works."""
    made = office.folder / "new.json"
    assert tipstaff("people", "credential", "new", "--credential", made).code == 0
    public = json.loads(made.read_text())["public_key"]
    asked = office.asks("ada", "people", "add", "new", "--role", "enforcer", "--public-key", public)
    assert asked.code == 3
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("eve", "actions", "approve", told["change"]).code == 1
    assert "new" not in names(office)
    assert office.asks("ben", "actions", "approve", told["change"]).code == 0
    assert "new" in names(office)
    assert office.asks("new", "enforcement", "stop").code == 0


def test_roles_are_changed_without_a_new_key(office: Desks) -> None:
    """Adding somebody who is there gives them other roles, once two people agree, and keeps their key."""
    assert office.asks("ada", "people", "add", "rae", "--role", "enforcer").code == 3
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    office.asks("ben", "actions", "approve", told["change"])
    (rae,) = [row for row in office.play.rows(schema.people) if row["name"] == "rae"]
    assert rae["roles"] == ["enforcer"]
    assert office.asks("rae", "enforcement", "stop").code == 0


def test_who_is_revoked_can_do_nothing_more(office: Desks) -> None:
    """Revoking takes two; afterwards what they sign is refused, and they see what nobody's credential shows."""
    office.hash_match()
    assert office.asks("ada", "people", "revoke", "cas").code == 3
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    office.asks("ben", "actions", "approve", told["change"])
    refused = office.asks("cas", "enforcement", "stop")
    assert (refused.code, "was revoked" in refused.err) == (1, True)
    assert office.run("actions", "list", "--json", by="cas").json == []


def test_a_key_is_never_overwritten(empty: Desks) -> None:
    """A credential's file that is there already is kept, and nobody is added."""
    empty.file("ada").write_text("something")
    assert add_first(empty) == 1
    assert empty.file("ada").read_text() == "something"
    assert empty.play.rows(schema.people) == []


@pytest.mark.parametrize("key", ["nonsense", "AAAA"])
def test_a_public_key_that_is_none_is_refused(empty: Desks, key: str) -> None:
    """The first person's public key is checked as every other's is."""
    refused = empty.run("people", "add", "ada", "--role", "admin", "--public-key", key, "--why", "first")
    assert (refused.code, "public_key" in refused.err) == (1, True)
    assert empty.play.rows(schema.people) == []


def test_a_missing_credential_is_named(office: Desks) -> None:
    """Who has no credential is told which file was looked for and what to do."""
    refused = office.run("enforcement", "stop", "--why", "stop it", by="nobody")
    assert refused.code == 1
    assert "nobody.json" in refused.err
    assert "--as" in refused.err
