"""What people report becomes a case of the right people, and they are given its number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from bridges import until
from playing import Play
from web_intake import Counter, opened

from streams.enforcement.ledger import schema
from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.people.verbs import SHAPES
from streams.web.intake import taking
from streams.web.intake.kinds import KINDS
from streams.web.intake.telemetry import Ending

_CASES = {
    "violation": ("policy review", "harassment", "violation", False),
    "intellectual_property": ("rights desk", "infringing-works", "violation", False),
    "counter_notice": ("rights desk", "infringing-works", "counter_notice", False),
    "likeness": ("policy review", "likeness", "violation", False),
    "intimate_imagery": ("policy review, at once", "intimate-imagery", "violation", True),
    "child_safety": ("child safety", "child-safety", "violation", True),
    "unexpected_behaviour": ("model owners", None, "unexpected_behaviour", False),
}


def test_each_kind_becomes_its_case(counter: Counter) -> None:
    """By the form and as JSON: role, clause, kind and urgency are the matter's; the numbers given are the ledger's."""
    assert set(_CASES) == set(KINDS)
    for kind, (role, clause, about, urgent) in _CASES.items():
        page, told = counter.send(kind), counter.send_json(kind).json()
        shown = re.findall(r"<dd>(.*?)</dd>", page.text)
        rows = {row["report_id"]: row for row in counter.reports()}
        for case_number, reference in (shown, (told["case"], told["reference"])):
            row = rows[reference]
            (case,) = counter.play.rows(schema.cases, schema.cases.c.case_id == row["case_id"])
            assert case["case_id"].startswith(case_number)
            assert (case["role"], row["clause"], row["kind"], case["urgent"]) == (role, clause, about, urgent)
            assert (row["account_id"], row["trust"]) == (None, "unknown")
            assert row["subject_ref"] == (None if kind == "unexpected_behaviour" else "https://host.example/page?id=9")
        assert counter.counted(kind, "taken") == 2
    assert counter.said == []


def test_a_counter_notice_restricts_nobody(counter: Counter) -> None:
    """It opens a case; no rule hears of it even once its account is known, and it counts for no reporter."""
    counter.play.know("acme")
    counter.play.hire("rae", "reviewer")
    reference = counter.send_json("counter_notice").json()["reference"]
    assert counter.play.command("rae", "report.link", report=reference, account_id="acme").ending == "done"
    assert counter.play.rows(schema.own_events) == counter.play.actions() == []
    (case,) = counter.play.rows(schema.cases)
    assert case["title"].startswith("counter-notice: ")


def test_sent_twice_is_one_report(counter: Counter) -> None:
    """A form that is sent again, as after a lost answer, gives the same number; one that was changed is another."""
    once = {"once": "a-form-that-was-opened"}
    first, again = (counter.send("likeness", **once).text for _ in range(2))
    assert first == again
    assert counter.send("likeness", text="Something else.", **once).text != first
    assert len(counter.reports()) == 2
    key = {"Idempotency-Key": "k"}
    assert counter.send_json("likeness", key).json() == counter.send_json("likeness", key).json()
    assert len(counter.reports()) == 3


def test_nobody_borrows_a_name(counter: Counter) -> None:
    """A trusted flagger's name typed into the form is trusted no more than any other; the same contact is the same
    reporter, and those who give none are one together.
    """
    for contact in ("agency", "Rae@Example.org ", "rae@example.ORG", "", ""):
        assert counter.send("violation", contact=contact).status_code == 200
    rows = counter.reports()
    assert {row["trust"] for row in rows} == {"unknown"}
    assert all(row["reporter_id"].startswith("web:") for row in rows)
    assert sorted(row["reporter_id"] for row in rows).count("web:anonymous") == 2
    assert len({row["reporter_id"] for row in rows}) == 3
    assert any("Contact: Rae@Example.org" in row["text"] for row in rows)


def test_the_intake_does_nothing_else(counter: Counter) -> None:
    """Its credential, were it stolen, may ask for nothing but reports, in nobody's name, of no account."""
    args = {"kind": "violation", "reporter_id": "web:x", "text": "it happened"}
    assert _asked(counter.play, "report.add", args) == "done"
    assert _asked(counter.play, "report.add", args | {"reporter_id": "agency"}) == "refused"
    assert _asked(counter.play, "report.add", args | {"account_id": "acme"}) == "refused"
    tried: dict[str, dict[str, Any]] = {
        "enforcement.stop": {"scopes": ["all"]}, "enforcement.resume": {"scopes": ["all"]},
        "people.revoke": {"name": "form"}, "case.open": {"title": "mine"},
        "account.reinstate": {"account_ids": ["acme"]}, "report.answer": {"report": "", "text": "no"},
    }  # fmt: skip
    assert set(tried) < set(SHAPES)
    assert {verb: _asked(counter.play, verb, one) for verb, one in tried.items()} == dict.fromkeys(tried, "refused")


def _asked(play: Play, verb: str, args: Mapping[str, Any]) -> str:
    line = signed(new_command("form", verb, args, "as the test says", play.now_ms), play.credentials["form"])
    return str(play.obeying.obey(line, play.now_ms).ending)


@pytest.mark.parametrize("how", ["lost", "turned away"])
def test_away_keeps_the_form(tmp_path: Path, how: str) -> None:
    """Where enforcement cannot be reached, or will not take it, a person keeps what they typed and is told when to come
    again; who runs it is told why, without a word of it; sent again, it is taken, once.
    """
    with opened(tmp_path) as counter:
        counter.away = how == "lost"
        if how == "turned away":
            _roles(counter.play, "observer")
        failed = counter.send("violation", text="SECRET & <b>words</b>")
        assert (failed.status_code, failed.headers["Retry-After"]) == (503, "60")
        assert "SECRET &amp; &lt;b&gt;words&lt;/b&gt;" in failed.text
        assert counter.send_json("violation").status_code == 503
        assert counter.said
        assert not any("SECRET" in one or "Rae" in one for one in counter.said)
        assert counter.counted("violation", "unavailable") == 2
        assert counter.reports() == []
        counter.away = False
        _roles(counter.play, "intake")
        (once,) = re.findall(r'name="once" value="(.*?)"', failed.text)
        assert counter.send("violation", text="SECRET & <b>words</b>", once=once).status_code == 200
        assert len(counter.reports()) == 1


def test_urgent_reports_wait_behind_no_others(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """While enforcement answers none of as many reports as may wait, the next is turned away with words, and an urgent
    one is taken; those that waited are taken in the end.
    """
    monkeypatch.setattr(taking, "MOST_WAITING", 3)
    with ThreadPoolExecutor(3) as people:
        counter.held.set()
        waiting = [people.submit(counter.send_json, "likeness") for _ in range(3)]
        until(lambda: counter.waiting == 3, "three wait", 10)
        assert counter.send_json("likeness").status_code == 503
        assert counter.send_json("child_safety").status_code == 201
        counter.held.clear()
        counter.free.set()
        assert [one.result().status_code for one in waiting] == [201] * 3


def _roles(play: Play, *roles: str) -> None:
    with play.ledger.writing(play.now_ms) as tx:
        tx.update(schema.people, schema.people.c.name == "form", roles=list(roles))


def test_an_unknown_credential_is_told_of_at_once(tmp_path: Path) -> None:
    """An intake whose reports nobody will take says so when it begins, and how to put it right."""
    with opened(tmp_path, hired=False) as counter:
        assert "tipstaff people add form --role intake" in counter.said[0]


def test_the_metric_begins_at_0(counter: Counter) -> None:
    """Every combination is there before anything happened, and there are no others."""
    assert {counter.counted(kind, str(ending)) for kind in (*KINDS, "unknown") for ending in Ending} == {0}
