"""Who took a page is asked of PagerDuty, and reaches the case."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from audited import audit_of
from contracts.sink_parts import local, until
from playing import PAGES, ROUTES, Play, made_alert
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from streams.cli.case_words import contents_data
from streams.enforcement.embedded.acting import Acting
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.acknowledged import LATELY_MS, LedgerPages
from streams.enforcement.ledger.case_lists import contents
from streams.enforcement.ledger.messages import Messages
from streams.enforcement.outbox.acknowledging import MOST_A_ROUND, Acknowledging
from streams.enforcement.outbox.message_types import PAGE_CLOSED
from streams.enforcement.sinks.pagerduty import PagerDuty, RestIncidents
from streams.enforcement.sinks.secrets import Secret

GO_ON, NTH = threading.Event(), itertools.count()
AT = "2026-05-28T20:26:30Z"
"""When pages are taken, ten seconds before stories begin."""


class Pager:
    """PagerDuty's REST API: who took which incident. asked: every key, in order; status: of its answers."""

    def __init__(self, server: HTTPServer) -> None:
        self.took: dict[str, str] = {}
        self.asked: list[str] = []
        self.status, self.free = 200, threading.Event()
        self.free.set()
        server.expect_request("/incidents").respond_with_handler(self._answer)
        incidents = RestIncidents(Secret("READCANARY0123456789"), local(), server.url_for("/incidents"), 4)
        self.sink = PagerDuty(PAGES, Secret("R0UT1NG"), local(), incidents, server.url_for("/v2/enqueue"), 4)

    def _answer(self, request: Request) -> Response:
        name = request.args["incident_key"]
        self.asked.append(name)
        assert self.free.wait(4)
        taken = [{"at": AT, "acknowledger": {"summary": self.took[name]}}] if name in self.took else []
        return Response(json.dumps({"incidents": [{"acknowledgements": taken}]}), self.status)


@pytest.fixture
def pager(httpserver: HTTPServer) -> Iterator[Pager]:
    found = Pager(httpserver)
    yield found
    found.free.set()
    found.sink.close()


def asking(play: Play, pager: Pager, told: list[str] | None = None) -> Acknowledging:
    said = told if told is not None else []
    return Acknowledging(LedgerPages(play.ledger), [play.pages, pager.sink], lambda: play.now_ms,
                         lambda sink, why: said.append(f"{sink}: {why}"))  # fmt: skip


def paged(play: Play, account: str = "stranger", **more: Any) -> dict[str, Any]:
    """The case of an account that nobody knows: people have been paged about it."""
    play.alert(made_alert("miner", "mining", account=account, at_ms=play.now_ms, **more))
    (case,) = play.rows(schema.cases, schema.cases.c.account_id == account)
    return case


def page(play: Play, *subjects: str, **data: Any) -> None:
    """People are paged about these besides."""
    with play.ledger.writing(play.now_ms) as tx:
        messages = Messages(tx, ROUTES)
        for subject in subjects:
            messages.page(subject, str(next(NTH)), "something", True, data)
        messages.flush()
    play.deliver()


def of(play: Play, case: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A case as it is now, and its notes."""
    (row,) = play.rows(schema.cases, schema.cases.c.case_id == case["case_id"])
    return row, play.rows(schema.case_notes, schema.case_notes.c.case_id == case["case_id"])


def test_who_takes_a_page_has_the_case(play: Play, pager: Pager) -> None:
    """The outbox notes who and when, the case says so and is theirs, the audit tells of it; all that once."""
    play.hire("ada", "reviewer")
    case, one = paged(play), asking(play, pager)
    one.turn(GO_ON)
    assert of(play, case) == (case, [])
    pager.took[f"tipstaff/case:{case['case_id']}"] = "Ada"
    for _ in range(2):
        one.turn(GO_ON)
    assert len(pager.asked) == 2
    (row,) = play.rows(schema.outbox, schema.outbox.c.sink == PAGES)
    assert row["acknowledged"] == {"by": "Ada", "at_ms": play.now_ms - 10_000}
    now, (note,) = of(play, case)
    assert (now["assignee"], note["by"]) == ("ada", "policy")
    assert note["text"] == f"acknowledged in PagerDuty by Ada at {AT.replace('Z', '.000Z')}"
    (told,) = [one["body"] for one in play.rows(schema.audit) if "acknowledged_by" in one["body"]]
    assert (told["case_id"], told["acknowledged_by"], told["assignee"]) == (case["case_id"], "Ada", "ada")
    with play.ledger.reading() as tx:
        assert contents_data(contents(tx, case["case_id"], restricted=False))["notes"][0]["text"] == note["text"]
    page(play, f"case:{case['case_id']}", case_id=case["case_id"])
    one.turn(GO_ON)
    assert len(pager.asked) == 3
    assert len(of(play, case)[1]) == 1
    assert audit_of(play.ledger).ok


# Who takes it, whether it is child safety's, whose it was, whose it is then.
_TAKEN: list[tuple[str, bool, str | None, str | None]] = [
    ("cleo", True, None, "cleo"), ("ada", True, None, None), ("gone", False, None, None), ("", False, None, None),
    ("ada", False, "bea", "bea"), ("Nobody\x1b[2J\u202e", False, None, None), ("x" * 9_000, False, None, None),
]  # fmt: skip


def test_whose_case_it_becomes(play: Play, pager: Pager) -> None:
    """Theirs where people has them, they may see it and nobody has it; whatever they are called is noted safely."""
    for name, role in (("ada", "reviewer"), ("bea", "reviewer"), ("cleo", "child_safety"), ("gone", "reviewer")):
        play.hire(name, role)
    found = [paged(play, f"account-{nth}", restricted=one[1]) for nth, one in enumerate(_TAKEN)]
    with play.ledger.writing(play.now_ms) as tx:
        tx.update(schema.people, schema.people.c.name == "gone", revoked_ms=play.now_ms)
        for case, (_, _, before, _) in zip(found, _TAKEN, strict=True):
            tx.update(schema.cases, schema.cases.c.case_id == case["case_id"], assignee=before)
    pager.took = {f"tipstaff/case:{case['case_id']}": one[0] for case, one in zip(found, _TAKEN, strict=True)}
    asking(play, pager).turn(GO_ON)
    for case, (_, _, _, theirs) in zip(found, _TAKEN, strict=True):
        now, (note,) = of(play, case)
        assert now["assignee"] == theirs
        assert note["text"].isprintable()
        assert len(note["text"]) < 200


def test_a_page_without_a_case_is_noted_on_itself(play: Play, pager: Pager) -> None:
    """The outbox's row alone changes, and an incident's second page is not asked about by itself."""
    for _ in range(2):
        page(play, "budget:suspend:all")
    records = len(play.rows(schema.audit))
    pager.took["tipstaff/budget:suspend:all"] = "Ada"
    asking(play, pager).turn(GO_ON)
    assert len(pager.asked) == 1
    taken = [row["acknowledged"]["by"] for row in play.rows(schema.outbox, schema.outbox.c.sink == PAGES)]
    assert taken == ["Ada", "Ada"]
    assert len(play.rows(schema.audit)) == records


def test_what_is_over_is_not_asked_about(play: Play, pager: Pager) -> None:
    """Pages of closed cases, pages that are closed, those of before yesterday, those that were never delivered."""
    play.hire("ada", "enforcer")
    one, case = asking(play, pager), paged(play)
    play.command("ada", "case.close", cases=[case["case_id"]], disposition="unclear")
    page(play, "action:1", case_id=case["case_id"])
    page(play, "budget:suspend:all")
    with play.ledger.writing(play.now_ms) as tx:
        messages = Messages(tx, ROUTES)
        messages.post("closed", PAGE_CLOSED, "budget:suspend:all", {"summary": "closed"})
        messages.flush()
    one.turn(GO_ON)
    paged(play, "another")
    play.now_ms += LATELY_MS + 120_000
    one.turn(GO_ON)
    play.deliverers = []
    paged(play, "third")
    one.turn(GO_ON)
    assert pager.asked == []


def test_few_are_asked_at_a_time_and_all_in_the_end(play: Play, pager: Pager) -> None:
    """A round asks about so many pages and no more; the next goes on with the others."""
    pages = MOST_A_ROUND + 5
    page(play, *(f"stage:{nth}" for nth in range(pages)))
    one = asking(play, pager)
    one.turn(GO_ON)
    assert len(pager.asked) == MOST_A_ROUND
    one.turn(GO_ON)
    assert len(pager.asked) == 2 * MOST_A_ROUND
    assert len(set(pager.asked)) == pages


def test_a_pager_that_does_not_answer_is_left_alone_for_longer_and_longer(play: Play, pager: Pager) -> None:
    """After one failed question it is not asked for a minute, then two; why is told once, and nothing is noted."""
    told: list[str] = []
    for account in ("one", "two"):
        paged(play, account)
    one, pager.status = asking(play, pager, told), 503
    for wait_ms in (0, 59_000, 1_000, 119_000, 1_000):
        play.now_ms += wait_ms
        one.turn(GO_ON)
    assert len(pager.asked) == 3
    assert told == [f"{PAGES}: PagerDuty answered HTTP 503"]
    pager.status, play.now_ms = 200, play.now_ms + 240_000
    one.turn(GO_ON)
    assert len(pager.asked) == 5
    assert not play.rows(schema.outbox, schema.outbox.c.acknowledged.is_not(None))


def test_a_slow_answer_holds_nothing_else_up(play: Play, pager: Pager) -> None:
    """While a live run waits for PagerDuty a new page leaves and house is kept; then the answer counts."""
    case = paged(play)
    pager.took[f"tipstaff/case:{case['case_id']}"] = "Ada"
    pager.free.clear()
    one = Acknowledging(LedgerPages(play.ledger), [pager.sink], lambda: play.now_ms, every_s=0.01)
    acting = Acting(play.enforcer, play.deliverers, lambda: play.now_ms, dict, lambda: play.now_ms, acknowledging=one)
    acting.start()
    try:
        until(lambda: bool(pager.asked))
        acting.take([made_alert("miner", "mining", account="another", at_ms=play.now_ms)])
        acting.keep_if_due()
        until(lambda: len(play.pages.got) == 2)
        pager.free.set()
        until(lambda: bool(of(play, case)[1]))
    finally:
        pager.free.set()
        acting.close()
