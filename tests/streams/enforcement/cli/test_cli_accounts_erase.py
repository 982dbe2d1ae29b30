"""`tipstaff accounts erase`."""

from __future__ import annotations

from desks import Desks

from streams.enforcement.ledger import schema

ERASE = ("accounts", "erase", "acme")
FOR_EVER = "nobody can undo it, and it takes 2 people"


def known(office: Desks) -> list[str]:
    """The accounts that the audit could name."""
    return sorted(row["account_id"] for row in office.play.rows(schema.pseudonym_keys))


def test_what_would_be_done_is_told_before_anything_is(office: Desks) -> None:
    """The preview says that it is for ever, takes two people, what goes and what stays; nothing is asked for yet."""
    office.alert()
    shown = office.run(*ERASE, "--why", "asked to be forgotten", by="ada")
    assert (shown.code, "nothing was done" in shown.err) == (1, True)
    assert f"erase: 1 account; {FOR_EVER}" in shown.out
    assert "destroyed: the key that ties the account to its pseudonym" in shown.out
    assert "kept: the account's id in rows of alerts" in shown.out
    assert "this would wait: waits for one more person" in shown.out
    assert (known(office), office.play.rows(schema.pending)) == (["acme"], [])


def test_an_account_is_erased_once_a_second_person_agrees(office: Desks) -> None:
    """It waits (exit code 3) for another admin, by whose yes the audit forgets the account; its rows stay."""
    office.alert()
    assert office.asks("ada", *ERASE).code == 3
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("eve", "actions", "approve", told["change"]).code == 1
    assert known(office) == ["acme"]
    assert office.asks("ben", "actions", "approve", told["change"]).code == 0
    assert known(office) == []
    assert {row["account_id"] for row in office.play.rows(schema.alerts)} == {"acme"}
    assert [row["by"] for row in office.play.rows(schema.audit, schema.audit.c.kind == "erasure")] == ["ada"]


def test_a_program_is_told_the_same(office: Desks) -> None:
    """As JSON: whom it is about, what goes, what stays, how many people; and what has become of it."""
    office.alert()
    shown = office.run(*ERASE, "--why", "as asked", "--json", by="ada")
    (reached,) = shown.json["preview"]
    assert (shown.code, shown.json["would"]) == (1, "waits")
    assert (reached["account_id"], reached["can_be_undone"], reached["people"]) == ("acme", False, 2)
    assert reached["destroys"]
    assert reached["keeps"]
    done = office.run(*ERASE, "--why", "as asked", "--json", "--yes", by="ada")
    assert (done.code, done.json["ending"], len(done.json["change"])) == (3, "waits", 64)


def test_an_account_under_a_legal_hold_is_refused(office: Desks) -> None:
    """Nothing is shown or asked for; the refusal names the hold."""
    office.hash_match("acme")
    (hold,) = office.play.rows(schema.holds)
    told = office.asks("ada", *ERASE)
    assert (told.code, told.out) == (1, "")
    assert f"acme is under legal hold {hold['hold']} (until " in told.err
    assert (known(office), office.play.rows(schema.pending)) == (["acme"], [])


def test_whoever_may_not_is_told_so(office: Desks) -> None:
    """An enforcer needs the admins' role; of an account that the audit does not know there is nothing to forget."""
    office.alert()
    assert "account.erase needs the role admin" in office.asks("eve", *ERASE).err
    assert "the audit knows no account nobody" in office.asks("ada", "accounts", "erase", "nobody").err
    assert "--why is needed" in office.run(*ERASE, "--yes", by="ada").err
