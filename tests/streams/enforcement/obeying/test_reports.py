"""Reports become usage events once it is known whom they are about, each once, by the trust of who reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desks import shipped
from playing import BEGIN_MS, Play, played

from streams.alert_lines import rfc3339
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.own_events import Sending, Told
from streams.enforcement.people.commands import new_command, signed

HOUR_MS = 3_600_000


@pytest.fixture
def intake(ledger_url: str, tmp_path: Path) -> Iterator[Play]:
    """Where reports are taken, on the shipped policy, which trusts `agency`; rae reviews, cas is child safety."""
    given, said = shipped(), shipped().policy.reporters
    policy = replace(given.policy, reporters=replace(said, trusted=frozenset({"agency"})))
    with played(ledger_url, tmp_path, replace(given, policy=policy)) as play:
        play.switch_on()
        play.know("acme")
        play.hire("rae", "reviewer", "enforcer")
        play.hire("cas", "child_safety")
        yield play


def report(play: Play, **args: Any) -> str:
    answer = play.command("rae", "report.add", **{"kind": "violation", "reporter_id": "r-1", "text": "SEE", **args})
    assert answer.ending == "done", answer.detail
    return str(answer.found["report_id"])


def events(play: Play) -> list[dict[str, Any]]:
    return [json.loads(row["line"]) for row in play.rows(schema.own_events)]


def trusts(play: Play) -> list[str]:
    return [row["trust"] for row in sorted(play.rows(schema.reports), key=lambda row: row["taken_ms"])]


def judged(play: Play, reporter: str, count: int, disposition: str) -> None:
    """So many reports of somebody's come in, and people close their cases so."""
    for _ in range(count):
        report(play, reporter_id=reporter)
        play.now_ms += 1
    ids = [row["case_id"] for row in play.rows(schema.cases, schema.cases.c.state == "open")]
    for first in range(0, len(ids), 10):
        assert (
            play.command("rae", "case.close", cases=ids[first : first + 10], disposition=disposition).ending == "done"
        )


def test_a_report_becomes_one_event(intake: Play) -> None:
    """A report of a known account is an event of its kind, clause and reporter, without its text; a command that comes
    again adds none.
    """
    args = {"kind": "violation", "reporter_id": "r-1", "text": "SEE", "subject_ref": "post-9", "account_id": "acme",
            "clause": "harassment"}  # fmt: skip
    line = signed(new_command("rae", "report.add", args, "", intake.now_ms), intake.credentials["rae"])
    intake.obeying.obey(line, intake.now_ms)
    intake.obeying.obey(line, intake.now_ms + 60_000)
    (row,) = intake.rows(schema.reports)
    assert events(intake) == [{
        "id": f"report-{row['report_id']}", "time": rfc3339(BEGIN_MS), "type": "report", "account_id": "acme",
        "kind": "violation", "clause": "harassment", "reporter_id": "r-1",
    }]  # fmt: skip


def test_whom_a_report_is_about_may_be_said_later(intake: Play) -> None:
    """Without an account there is no event; linked there is one of the time that it was reported, also where it is
    said twice; its case is about that account too, and it cannot become another's.
    """
    told = report(intake, clause="harassment", subject_ref="post-9")
    assert events(intake) == []
    intake.now_ms += HOUR_MS
    for _ in range(2):
        assert intake.command("rae", "report.link", report=told[:8], account_id="acme").ending == "done"
    (event,) = events(intake)
    assert (event["account_id"], event["time"]) == ("acme", rfc3339(BEGIN_MS))
    assert [row["account_id"] for row in intake.rows(schema.cases)] == ["acme"]
    assert "acme" in {row["ref"] for row in intake.rows(schema.case_links, schema.case_links.c.what == "account")}
    refused = intake.command("rae", "report.link", report=told, account_id="other")
    assert (refused.ending, "is about acme already" in refused.detail) == ("refused", True)
    assert len(events(intake)) == 1
    linked = [row["body"]["to"] for row in intake.rows(schema.audit, schema.audit.c.kind == "report")]
    assert linked == ["open", "linked"]


def test_what_is_child_safetys_stays_there(intake: Play) -> None:
    """The event of a restricted report names neither who reports nor what they wrote or named; only child safety may
    link it, and others are not told that it is there.
    """
    told = report(intake, matter="minors", subject_ref="post-9")
    assert intake.command("rae", "report.link", report=told, account_id="acme").ending == "refused"
    assert intake.command("cas", "report.link", report=told, account_id="acme").ending == "done"
    (event,) = events(intake)
    assert set(event) == {"id", "time", "type", "account_id", "kind", "clause"}


def test_a_models_behaviour_is_no_evidence(intake: Play) -> None:
    """A report of unexpected behaviour never enters the stream, whoever it names."""
    report(intake, kind="unexpected_behaviour", account_id="acme")
    assert events(intake) == []


def test_the_past_makes_trust(intake: Play) -> None:
    """Reports that held make a reporter known; a dozen that did not make one distrusted, whose reports come later and
    to people alone, except where it cannot wait.
    """
    judged(intake, "sound", 4, "victim")
    judged(intake, "wrong", 12, "no_violation")
    judged(intake, "vague", 12, "unclear")
    intake.now_ms += HOUR_MS
    now, before = intake.now_ms, len(events(intake))
    for reporter, more in (
        ("sound", {}),
        ("wrong", {}),
        ("vague", {}),
        ("agency", {}),
        ("wrong", {"matter": "minors"}),
    ):
        report(intake, reporter_id=reporter, account_id="acme", **more)
        intake.now_ms += 1
    assert trusts(intake)[-5:] == ["known", "distrusted", "unknown", "trusted", "distrusted"]
    assert [one.get("reporter_id") for one in events(intake)[before:]] == ["sound", "vague", "agency", None]
    found = sorted(intake.rows(schema.cases, schema.cases.c.opened_ms >= now), key=lambda row: row["opened_ms"])
    assert [(row["due_ms"] - row["opened_ms"]) / HOUR_MS for row in found] == [24, 72, 24, 4, 1]
    assert [row["urgent"] for row in found] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("reporter", "said"),
    [("agency", "Somebody notified us of it."), ("r-1", "Somebody reported it."), (None, "Our own staff found it.")],
)
def test_the_owner_is_told_what_it_rests_on(intake: Play, reporter: str | None, said: str) -> None:
    """The statement of a restriction under a clause says whether a trusted flagger, anybody or nobody reported it."""
    if reporter is not None:
        report(intake, reporter_id=reporter, account_id="acme", clause="harassment")
    target = {"kind": "account", "account_id": "acme", "id": "acme"}
    done = intake.command("rae", "account.act", rung="throttle", clause="harassment", targets=[target])
    assert done.ending == "done", done.detail
    (letter,) = intake.notices.got.values()
    assert said in letter.data["text"]


def test_they_are_sent_in_order_and_again_after_a_crash(intake: Play) -> None:
    """Events leave in the order that they came; what broke off before it was noted comes again with the same ids."""
    reports = [report(intake, account_id=f"acme-{n}") for n in range(3)]
    got: list[Told] = []

    def broken(told: Any) -> None:
        got.extend(told)
        raise OSError("the end")

    with pytest.raises(OSError, match="the end"):
        Sending(intake.ledger, broken).turn(BEGIN_MS)
    sending = Sending(intake.ledger, got.extend)
    assert [sending.turn(BEGIN_MS), sending.turn(BEGIN_MS)] == [3, 0]
    assert [event_id for event_id, _, _ in got] == [f"report-{one}" for one in reports] * 2
    assert [account for _, account, _ in got[:3]] == ["acme-0", "acme-1", "acme-2"]
