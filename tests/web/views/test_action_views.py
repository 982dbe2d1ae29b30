"""What people do from the page: the forms that it shows are commands that are obeyed."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest
from rooms import ADMIN, CHILD_SAFETY, ENFORCER, LOOKER, REVIEWER, Rooms, commands_in, proposed_upon, text_of

from streams.enforcement.ledger import schema
from streams.enforcement.obeying.errand import Ending
from streams.enforcement.people.matter_args import CaseClose
from streams.enforcement.policy.action import State
from streams.enforcement.policy.decision import Outcome, Reason
from streams.web.office import Missing, Viewer
from streams.web.views import action_words, reason_words
from streams.web.views.case import DISPOSITIONS


def _do(rooms: Rooms, page: str, by: Viewer, verb: str, **more: Any) -> Ending:
    """Send the first form of a verb that a page shows, filled in."""
    args = next(args for name, args in commands_in(page) if name == verb)
    return rooms.play.command(str(by.name), verb, **{**args, **more}).ending


def _state(rooms: Rooms, action_id: str) -> str:
    return str(next(row["state"] for row in rooms.play.actions() if row["action_id"] == action_id))


def test_one_is_approved_and_undone_from_its_page(rooms: Rooms) -> None:
    """A proposed action says why it waits; its yes lets it leave, and its page then offers to undo it."""
    row = proposed_upon(rooms)
    page = rooms.show("action", action=row["action_id"])
    said = text_of(page)
    assert "it waits for people" in said
    assert reason_words.reason(row["held_by"]) in said
    assert _do(rooms, page, ENFORCER, "action.approve") is Ending.DONE
    assert _state(rooms, row["action_id"]) == "confirmed"
    page = rooms.show("action", action=row["action_id"])
    assert "approved by eve" in text_of(page)
    assert _do(rooms, page, ENFORCER, "action.undo") is Ending.DONE
    assert "Nothing any more: lifted by eve " in text_of(rooms.show("action", action=row["action_id"]))


def test_one_is_rejected_from_the_list(rooms: Rooms) -> None:
    """The list of what is proposed offers the no beside the yes."""
    row = proposed_upon(rooms)
    page = rooms.show("actions", state="proposed")
    assert _do(rooms, page, ENFORCER, "action.reject") is Ending.DONE
    assert _state(rooms, row["action_id"]) == "rejected"
    assert "No actions of that kind" in text_of(rooms.show("actions", state="proposed"))
    assert "rejected by eve " in text_of(rooms.show("actions", state="rejected", account="stranger"))


def test_nobody_is_offered_what_they_may_not_do(rooms: Rooms) -> None:
    """Who may only look, or lacks the role, reads why instead of a form."""
    row = proposed_upon(rooms)
    for viewer, why in ((LOOKER, "lets you look only"), (REVIEWER, "needs the role enforcer; yours: reviewer")):
        page = rooms.show("action", viewer, action=row["action_id"])
        assert commands_in(page) == []
        assert why in text_of(page)


def test_an_action_that_is_hidden_or_none_is_missing(rooms: Rooms) -> None:
    """A containment is there for child safety's role, and for nobody else."""
    rooms.hash_match()
    (row,) = rooms.play.actions(rung="contain")
    assert "known material" in text_of(rooms.show("action", CHILD_SAFETY, action=row["action_id"]))
    for wanted in (row["action_id"], "none"):
        with pytest.raises(Missing):
            rooms.show("action", ENFORCER, action=wanted)


def test_what_waits_for_a_second_person_is_agreed_upon(rooms: Rooms) -> None:
    """One stops everything; to go on takes two, and the second finds it with its reason and its yes."""
    rooms.play.hire("abe", "admin")
    assert _do(rooms, rooms.show("enforcement"), ENFORCER, "enforcement.stop") is Ending.DONE
    page = rooms.show("enforcement", ADMIN)
    assert "Enforcement is OFF" in text_of(page)
    assert _do(rooms, page, ADMIN, "enforcement.resume") is Ending.WAITS
    assert "Whoever asks cannot be the second person" in text_of(rooms.show("actions", ADMIN))
    other = Viewer("abe", frozenset({"admin"}))
    page = rooms.show("actions", other)
    assert "enforcement.resume, asked for by ada" in text_of(page)
    assert _do(rooms, page, other, "action.approve") is Ending.DONE
    assert "Enforcement is on" in text_of(rooms.show("enforcement"))


def test_a_case_is_worked_on_and_closed(rooms: Rooms) -> None:
    """Assigned, noted and closed with a disposition, all by its forms; then it says how it ended."""
    rooms.raised("stranger")
    (row,) = rooms.play.rows(schema.cases)
    page = rooms.show("case", REVIEWER, case=row["case_id"])
    assert _do(rooms, page, REVIEWER, "case.assign", to="rae") is Ending.DONE
    assert _do(rooms, page, REVIEWER, "case.note", text="looked at\nit <b>twice</b>") is Ending.DONE
    assert row["case_id"] in rooms.show("cases", REVIEWER, show="mine")
    page = rooms.show("case", REVIEWER, case=row["case_id"])
    assert "it &lt;b&gt;twice" in page
    assert _do(rooms, page, REVIEWER, "case.close", disposition="violation") is Ending.DONE
    page = rooms.show("case", REVIEWER, case=row["case_id"])
    assert "by rae: violation" in text_of(page)
    assert "case.close" not in dict(commands_in(page))
    assert row["case_id"] not in rooms.show("cases", REVIEWER)
    assert row["case_id"] in rooms.show("cases", REVIEWER, show="closed")
    with pytest.raises(Missing):
        rooms.show("case", case="none")


def test_actions_come_as_they_matter(rooms: Rooms) -> None:
    """What waits for a person stands before what is in force, and that before what is over; a long list of what is over
    comes in parts, and only with its first part what comes before it.
    """
    proposed_upon(rooms, "waiting")
    rooms.raised("acme")
    with rooms.play.ledger.writing(rooms.play.now_ms) as tx:
        over = {**rooms.play.actions(account_id="acme")[0], "state": "ended", "ends_ms": rooms.play.now_ms}
        tx.insert(schema.actions, [{**over, "action_id": f"over-{number}"} for number in range(60)])
    page = rooms.show("actions")
    places = [page.index(f'id="{one}"') for one in ("decide", "second", "in-force", "rest")]
    assert places == sorted(places)
    said = text_of(page)
    assert "What waits for a person (1)" in said
    assert "In force or on its way (2)" in said  # a notice upon each
    assert "Actions 1 to 50 of 60" in said
    later = rooms.show("actions", part="2", rung="notice")
    assert "Actions 51 to 60 of 60" in text_of(later)
    assert "What waits for" not in text_of(later)
    assert 'href="/actions?rung=notice&amp;part=1"' in later


def test_actions_are_of_what_is_asked_for(rooms: Rooms) -> None:
    """A state, several states or a rung cut the list; what is no state is as if nothing had been asked."""
    row = proposed_upon(rooms, "waiting")
    rooms.raised("acme")
    mine = rooms.play.actions(account_id="acme")[0]["action_id"]
    for state, shown in (
        ("proposed", {row["action_id"]}),
        ("under_way", {mine}),
        ("confirmed", {mine}),
        ("over", set()),
        ("all", {row["action_id"], mine}),
        ("none", {row["action_id"], mine}),
    ):
        page = rooms.show("actions", state=state)
        assert {one for one in (row["action_id"], mine) if f"/actions/{one}" in page} == shown, state
    assert mine not in rooms.show("actions", rung="suspend")
    assert mine in rooms.show("actions", rung="notice")


def test_more_waits_than_the_first_page_shows(rooms: Rooms) -> None:
    """Twenty stand there, what lapses next before the rest, and a link leads to all; each can be answered there."""
    row = proposed_upon(rooms)
    with rooms.play.ledger.writing(rooms.play.now_ms) as tx:
        tx.insert(schema.actions, [{**row, "action_id": f"more-{number}", "not_after_ms": row["not_after_ms"] - number}
                                    for number in range(24)])  # fmt: skip
    page = rooms.show("actions", account="stranger")
    assert len([verb for verb, _ in commands_in(page) if verb == "action.approve"]) == 20
    assert 'href="/actions?account=stranger&amp;state=proposed">All 25' in page
    assert 0 < page.index("/actions/more-23") < page.index("/actions/more-22")
    assert "/actions/more-0" not in page
    every = rooms.show("actions", account="stranger", state="proposed")
    assert len([verb for verb, _ in commands_in(every) if verb == "action.approve"]) == 25


def test_a_campaign_is_approved_at_once(rooms: Rooms) -> None:
    """Where a case has several proposed actions, one form says yes to all of them."""
    first, second = proposed_upon(rooms, "one"), proposed_upon(rooms, "two")
    with rooms.play.ledger.writing(rooms.play.now_ms) as tx:
        tx.insert(schema.case_links, [{"case_id": first["case_id"], "what": "action", "ref": second["action_id"],
                                       "linked_ms": rooms.play.now_ms}])  # fmt: skip
    page = rooms.show("case", case=first["case_id"])
    assert "Approve all 2 proposed, on 2 accounts" in text_of(page)
    assert _do(rooms, page, ENFORCER, "action.approve") is Ending.DONE
    assert {_state(rooms, row["action_id"]) for row in (first, second)} == {"confirmed"}


def test_a_report_is_linked_and_answered(rooms: Rooms) -> None:
    """A report of an unknown account asks whom it is about; what it says is text."""
    rooms.play.command("rae", "report.add", kind="violation", reporter_id="neighbour", text="<i>spam</i>",
                       subject_ref="https://x.example/1")  # fmt: skip
    page = rooms.show("reports", REVIEWER)
    assert "&lt;i&gt;spam" in page
    assert "https://x.example/1" in text_of(page)
    assert _do(rooms, page, REVIEWER, "report.link", account_id="acme") is Ending.DONE
    page = rooms.show("reports", REVIEWER)
    assert "report.link" not in dict(commands_in(page))
    assert _do(rooms, page, REVIEWER, "report.answer", text="thank you") is Ending.DONE
    assert "No reports of that kind" in text_of(rooms.show("reports"))
    assert "answered by rae: thank you" in text_of(rooms.show("reports", show="all"))


def test_every_reason_outcome_state_and_disposition_has_words() -> None:
    """Nothing that policy can say is shown by its bare name."""
    assert set(reason_words.REASONS) == set(Reason)
    assert set(reason_words.OUTCOMES) == set(Outcome)
    assert set(action_words.STATES) == set(action_words._SAID) == set(State)
    assert set(DISPOSITIONS) == set(get_args(get_type_hints(CaseClose)["disposition"]))
