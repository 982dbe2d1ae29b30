"""A child-safety reviewer lets an owner be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audited import audit_of
from desks import shipped
from playing import Play, made_alert, played

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.reasoned import restrictions
from streams.enforcement.outbox.delivery import Attempt, Ending
from streams.enforcement.people.roles import HIDDEN
from streams.enforcement.statement.reasons import as_text
from streams.enforcement.statement.transparency import as_statement

HINTS = ("child", "sexual", "minor", "hash", "match", "detect", "found", "check", "report", "author", "police",
         "review", "hold", "preserve")  # fmt: skip
"""What would hint at why, at how it came to be known, or at who else was told."""


@pytest.fixture
def scene(ledger_url: str, tmp_path: Path) -> Any:
    """An account is contained after a hash match; cleo is child safety's, ann nearly everything else."""
    with played(ledger_url, tmp_path, shipped()) as play:
        play.switch_on()
        play.know("acme")
        play.hire("cleo", "child_safety")
        play.hire("ann", "admin", "enforcer", "reviewer")
        play.alert(made_alert("child-safety-hash", "child-safety", signals=("content",), severity="critical",
                              knowledge="hash_match", restricted=True))  # fmt: skip
        yield play


def the_case(play: Play) -> str:
    """The id of the only case."""
    (row,) = play.rows(schema.cases)
    return str(row["case_id"])


def test_the_owner_is_told_once_and_nothing_but_what_is_done(scene: Play) -> None:
    """One letter leaves, which hints at nothing; what may be shown of the action is as in the letter, nothing is for
    the public, and who let it go and why is recorded.
    """
    case, (action,) = the_case(scene), scene.actions(rung="contain")
    scene.later(3_600_000)
    assert scene.notices.got == {}
    assert scene.command("cleo", "case.inform", case=case, why="the officers agree").ending == "done"
    (letter,) = scene.notices.got.values()
    assert (letter.subject, letter.data["to"]) == ("acme", "owner@acme.example")
    text = f"{letter.data['subject']}\n{letter.data['text']}".lower()
    assert "refused to generate content for the account acme" in text
    assert action["action_id"] in text
    assert not [word for word in HINTS if word in text], text
    with scene.ledger.reading() as tx:
        (restriction,) = restrictions(tx, shipped(), 0, 0, ids=(action["action_id"],))
    assert as_text(restriction) == letter.data["text"]
    assert as_statement(restriction) is None
    again = scene.command("cleo", "case.inform", case=case)
    assert (again.ending, "told already" in again.detail) == ("refused", True)
    scene.later(3_600_000)
    assert len(scene.notices.got) == 1
    (record,) = [row for row in scene.rows(schema.audit) if row["body"].get("to") == "owner_told"]
    assert (record["by"], record["body"]["why"], "acme" in str(record["body"])) == ("cleo", "the officers agree", False)
    assert audit_of(scene.ledger).ok


def test_a_letter_that_nobody_takes_pages_without_a_name(scene: Play) -> None:
    """What the mail server says of an address stays out of the page that tells of it."""
    scene.notices.answers = lambda _: Attempt(Ending.REFUSED, 550, "SMTP 550: no owner@acme.example here")
    scene.command("cleo", "case.inform", case=the_case(scene))
    (told,) = [one for one in scene.pages.got.values() if one.subject.startswith("delivery:")]
    assert told.data["summary"] == "tipstaff.notice to mail could not be delivered: a restricted case"
    assert "acme" not in str(told.data)


def test_nobody_else_learns_whether_there_is_such_a_case(scene: Play) -> None:
    """All other roles together get the same answer for the case, for another one and for none; nothing leaves."""
    scene.alert(made_alert("mining-gpu-and-pool", "cryptomining", account="stranger"))
    answers = {scene.command("ann", "case.inform", case=row["case_id"]).detail for row in scene.rows(schema.cases)}
    answers.add(scene.command("ann", "case.inform", case="none").detail)
    assert answers == {HIDDEN}
    assert not [one for one in scene.notices.got.values() if one.subject == "acme"]


def test_there_must_be_something_to_tell_and_a_way_to(scene: Play) -> None:
    """Refused, with why: another matter, nothing in force (any more), no sink for notices, a clause that is gone."""
    case = the_case(scene)
    scene.alert(made_alert("mining-gpu-and-pool", "cryptomining", account="stranger"))
    scene.alert(made_alert("child-safety-classifier", "child-safety", account="other", restricted=True))
    other, classified = (row["case_id"] for account in ("stranger", "other") for row in scene.rows(
        schema.cases, schema.cases.c.account_id == account))  # fmt: skip
    refused(scene, other, "is not child safety's")
    refused(scene, classified, "no account is contained now")
    routes, rules = scene.enforcer.routes, scene.enforcer.in_force
    scene.enforcer.routes = {kind: sinks for kind, sinks in routes.items() if kind != "tipstaff.notice"}
    refused(scene, case, "no sink takes notices")
    scene.enforcer.routes, scene.enforcer.in_force = routes, InForce(rules.policy, {}, {}, "")
    refused(scene, case, "no clause of the pack in force")
    scene.enforcer.in_force = rules
    assert scene.actions(rung="contain")[0]["released_ms"] is None
    scene.command("cleo", "account.reinstate", account_ids=["acme"])
    refused(scene, case, "no account is contained now")


def refused(play: Play, case: str, why: str) -> None:
    """Informing is refused for this reason."""
    answer = play.command("cleo", "case.inform", case=case)
    assert (answer.ending, why in answer.detail) == ("refused", True), answer
