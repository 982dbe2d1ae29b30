"""`tipstaff accounts holds | release-hold`."""

from __future__ import annotations

from typing import Any

import pytest
from desks import Desks, now_ms

from streams.enforcement.ledger import schema

NONE = "no legal holds that your roles may see: child safety's show to that role alone"


@pytest.fixture
def held(office: Desks) -> dict[str, Any]:
    """A hold of child safety's is on an account, and Cy is a second reviewer of theirs."""
    office.hire("cy", "child_safety")
    office.hash_match("acme")
    return the_hold(office)


def the_hold(office: Desks) -> dict[str, Any]:
    (row,) = office.play.rows(schema.holds)
    return row


def over(office: Desks) -> None:
    """The time of every hold is over."""
    with office.play.ledger.writing(now_ms()) as tx:
        tx.update(schema.holds, schema.holds.c.account_id != "", until_ms=now_ms() - 1)


def test_holds_are_listed(office: Desks, held: dict[str, Any]) -> None:
    """With account, clause, since when and until when, and whether they may be released; as JSON too."""
    shown = office.run("accounts", "holds", by="cas")
    assert shown.out.splitlines()[-1] == "1 legal hold"
    (told,) = office.run("accounts", "holds", "--account", "acme", "--json", by="cas").json
    assert (told["hold"], told["account_id"], told["clause"]) == (held["hold"], "acme", "child-safety")
    assert (told["state"], told["released"]) == ("stands", None)
    assert told["placed"] < told["until"]
    over(office)
    (told,) = office.run("accounts", "holds", "--json", by="cas").json
    assert told["state"] == "over"
    assert office.run("accounts", "holds", "--account", "other", "--json", by="cas").json == []


def test_child_safetys_holds_show_to_that_role_alone(office: Desks, held: dict[str, Any]) -> None:
    """An admin, an observer and somebody without a credential see none, and are told why that may be."""
    for by in ("ada", "obi", None):
        assert office.run("accounts", "holds", by=by).out.splitlines()[-1] == NONE
        assert office.run("accounts", "holds", "--json", "--all", by=by).json == []
    told = office.run("accounts", "release-hold", held["hold"], "--why", "as asked", by="ada")
    assert f"there is no legal hold {held['hold']} that your roles may see" in told.err


def test_a_hold_is_released_by_two_people(office: Desks, held: dict[str, Any]) -> None:
    """The preview says that it is for ever and what ends; it waits for a second reviewer, and is listed by --all."""
    over(office)
    release = ("accounts", "release-hold", held["hold"])
    shown = office.run(*release, "--why", "its year is over", by="cas")
    assert (shown.code, the_hold(office)["released_ms"]) == (1, None)
    assert "release-hold: 1 legal hold; nobody can undo it, and it takes 2 people" in shown.out
    assert "evidence is emptied once it is 396 d old, and the account may be erased" in shown.out
    assert office.asks("cas", *release).code == 3
    (waits,) = office.run("actions", "list", "--waiting", "--json", by="cy").json
    assert office.run("actions", "list", "--waiting", "--json", by="ada").json == []
    assert office.asks("cy", "actions", "approve", waits["change"]).code == 0
    assert the_hold(office)["released_by"] == "cas"
    assert office.run("accounts", "holds", "--json", by="cas").json == []
    (told,) = office.run("accounts", "holds", "--all", "--json", by="cas").json
    assert (told["state"], told["released_by"]) == ("released", "cas")


def test_a_hold_whose_time_is_not_over_is_not_released(office: Desks, held: dict[str, Any]) -> None:
    """Whoever asks hears until when it stands; nothing waits."""
    told = office.asks("cas", "accounts", "release-hold", held["hold"])
    assert (told.code, "a legal hold stands for its whole time, this one until 20" in told.err) == (1, True)
    assert office.play.rows(schema.pending) == []


def test_what_is_no_hold_is_told_safely(office: Desks) -> None:
    """A name from outside moves no cursor."""
    told = office.run("accounts", "release-hold", "\x1b[2J", "--why", "as asked", by="cas")
    assert (told.code, "\x1b" in told.err) == (1, False)
    assert "there is no legal hold" in told.err
