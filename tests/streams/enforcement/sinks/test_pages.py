"""Pages through PagerDuty, Slack and Alertmanager, through real sockets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from contracts.sink_parts import HOUR_MS, T0, local
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from detectors.alert import SEVERITIES
from streams.enforcement.outbox.acknowledging import Acknowledged, CannotRead
from streams.enforcement.outbox.delivery import Delivery, Ending, Sink
from streams.enforcement.outbox.message_types import PAGE, PAGE_CLOSED
from streams.enforcement.sinks.alertmanager import Alertmanager, alerts_of
from streams.enforcement.sinks.page import page_of
from streams.enforcement.sinks.pagerduty import PagerDuty, RestIncidents
from streams.enforcement.sinks.secrets import Secret
from streams.enforcement.sinks.slack import Slack, escaped, message_of

ROUTING, READ = Secret("R0UT1NGCANARY0123456789abcdefABCD"), Secret("READCANARY0123456789")
DATA: Mapping[str, Any] = {
    "summary": "acct-1 mines on 40 GPUs", "severity": "high", "clause": "mining", "rule": "gpu-mining",
    "alert_id": "alert-1", "account_id": "acct-1", "link": "https://tipstaff.example/cases/7",
}  # fmt: skip


def page(type: str = PAGE, subject: str = "alert-1", **data: Any) -> Delivery:
    return Delivery(f"{subject}-{type}", "pager", type, subject, T0, {**DATA, **data}, 0, T0 + HOUR_MS)


def posted(server: HTTPServer, path: str) -> Any:
    return [json.loads(request.get_data()) for request, _ in server.log if request.path == path][-1]


@pytest.fixture
def pagerduty(httpserver: HTTPServer) -> Iterator[PagerDuty]:
    incidents = RestIncidents(READ, local(), httpserver.url_for("/incidents"), 2)
    sink = PagerDuty("pager", ROUTING, local(), incidents, httpserver.url_for("/v2/enqueue"), 2)
    yield sink
    sink.close()
    incidents.close()


@pytest.fixture
def slack(httpserver: HTTPServer) -> Iterator[Slack]:
    sink = Slack("slack", Secret(httpserver.url_for("/services/T0/SLACKCANARY")), local(), 2)
    yield sink
    sink.close()


def test_pagerduty_opens_and_closes(httpserver: HTTPServer, pagerduty: PagerDuty) -> None:
    """A page triggers with its severity and details, and its close resolves the same key."""
    httpserver.expect_request("/v2/enqueue", method="POST").respond_with_json({"status": "success"}, status=202)
    assert pagerduty.send(page(), T0).ending is Ending.SENT
    event = posted(httpserver, "/v2/enqueue")
    assert (event["event_action"], event["dedup_key"]) == ("trigger", "tipstaff/alert-1")
    assert event["routing_key"] == ROUTING.reveal()
    assert event["payload"]["summary"] == "acct-1 mines on 40 GPUs"
    assert (event["payload"]["severity"], event["payload"]["source"]) == ("error", "tipstaff")
    assert event["payload"]["custom_details"]["account_id"] == "acct-1"
    assert event["links"] == [{"href": "https://tipstaff.example/cases/7", "text": "tipstaff"}]
    assert pagerduty.send(page(PAGE_CLOSED), T0).ending is Ending.SENT
    assert posted(httpserver, "/v2/enqueue") == {"event_action": "resolve", "routing_key": ROUTING.reveal(),
                                                 "dedup_key": "tipstaff/alert-1"}  # fmt: skip


def test_pagerduty_keeps_its_limits(httpserver: HTTPServer, pagerduty: PagerDuty) -> None:
    """However long what it is told, summary, key and body stay within PagerDuty's limits."""
    httpserver.expect_request("/v2/enqueue").respond_with_json({}, status=202)
    pagerduty.send(page(subject="s" * 1_000, summary="x" * 10_000, **{f"k{n}": "y" * 9_000 for n in range(200)}), T0)
    event = posted(httpserver, "/v2/enqueue")
    assert len(event["payload"]["summary"]) == 1_024
    assert len(event["dedup_key"]) <= 255
    assert len(httpserver.log[0][0].get_data()) < 512_000


@pytest.mark.parametrize(("status", "ending"), [
    (202, Ending.SENT), (400, Ending.REFUSED), (403, Ending.REFUSED), (429, Ending.LATER), (500, Ending.LATER),
    (503, Ending.LATER),
])  # fmt: skip
def test_pagerduty_statuses(httpserver: HTTPServer, pagerduty: PagerDuty, status: int, ending: Ending) -> None:
    """Bad requests are never repeated, throttling and server errors are; the routing key is not in what is told."""
    httpserver.expect_request("/v2/enqueue").respond_with_json({"errors": [ROUTING.reveal()]}, status=status)
    attempt = pagerduty.send(page(), T0)
    assert attempt.ending is ending
    assert ROUTING.reveal() not in repr(attempt) + repr(pagerduty) + repr(vars(pagerduty))


def test_acknowledgement_is_read_back(httpserver: HTTPServer, pagerduty: PagerDuty) -> None:
    """Who took the incident, and when, is read by the page's key; nobody yet is None."""
    taken = [{"at": "2027-01-15T08:03:00Z", "acknowledger": {"summary": "Ada", "id": "P1"}}]
    answers = [
        {"incidents": []},
        {"incidents": [{"acknowledgements": []}]},
        {"incidents": [{"acknowledgements": taken}]},
    ]
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(json.dumps(answers[len(asked) - 1]), 200)

    httpserver.expect_request("/incidents").respond_with_handler(answer)
    found = [pagerduty.acknowledged(page()) for _ in answers]
    assert found == [None, None, Acknowledged("Ada", "2027-01-15T08:03:00Z", "PagerDuty")]
    assert asked[0].args["incident_key"] == "tipstaff/alert-1"
    assert asked[0].headers["Authorization"] == f"Token token={READ.reveal()}"


@pytest.mark.parametrize(
    ("status", "body"), [(401, b"{}"), (500, b""), (200, b"no"), (200, b"[]"), (200, b"{" * 9_999)]
)
def test_what_cannot_be_read_says_so(httpserver: HTTPServer, pagerduty: PagerDuty, status: int, body: bytes) -> None:
    """An acknowledgement that cannot be asked for is an error, not "nobody", and shows no key."""
    httpserver.expect_request("/incidents").respond_with_response(Response(body, status))
    with pytest.raises(CannotRead) as raised:
        pagerduty.acknowledged(page())
    assert READ.reveal() not in str(raised.value)


@pytest.mark.parametrize("taken", [[5], [{"at": 5}], [{"acknowledger": []}]])
def test_an_odd_acknowledgement_says_so(httpserver: HTTPServer, pagerduty: PagerDuty, taken: list[Any]) -> None:
    """An acknowledgement in a shape that is not known is an error of the same kind."""
    httpserver.expect_request("/incidents").respond_with_json({"incidents": [{"acknowledgements": taken}]})
    with pytest.raises(CannotRead):
        pagerduty.acknowledged(page())


def test_without_a_read_key_nobody_is_asked() -> None:
    """Where no REST key is set up, an acknowledgement is not known."""
    sink = PagerDuty("pager", ROUTING, local(), None, "https://events.example/", 1)
    assert sink.acknowledged(page()) is None
    sink.close()


def test_slack_shows_data_as_data(httpserver: HTTPServer, slack: Slack) -> None:
    """Ids that look like mentions, links or markup arrive escaped, and `text` is always there."""
    httpserver.expect_request("/services/T0/SLACKCANARY").respond_with_data("ok")
    attempt = slack.send(page(summary="<!channel> & <https://evil.example|click> *x*"), T0)
    assert attempt.ending is Ending.SENT
    message = posted(httpserver, "/services/T0/SLACKCANARY")
    assert message["text"] == "High: &lt;!channel&gt; &amp; &lt;https://evil.example|click&gt; *x*"
    for block in message["blocks"]:
        for part in (block.get("text"), *block.get("fields", [])):
            if part and part["type"] == "mrkdwn":
                assert "<!" not in part["text"]
                assert "<https://evil" not in part["text"]


@settings(deadline=None)
@given(summary=st.text(max_size=20_000), details=st.dictionaries(st.text(max_size=300), st.text(max_size=5_000)),
       link=st.text(max_size=4_000), closed=st.booleans())  # fmt: skip
def test_slack_keeps_its_limits(summary: str, details: dict[str, str], link: str, closed: bool) -> None:
    """Whatever a page says, no block and no message is beyond Slack's limits, and every text is told."""
    data = {**details, "summary": summary, "link": f"https://x/{link}"}
    message = message_of(page_of(Delivery("a", "s", PAGE, "x", T0, data)), closed)
    assert message["text"]
    total = len(message["text"])
    for block in message["blocks"]:
        head = block.get("text", {"text": "-"})["text"]
        assert 0 < len(head) <= (150 if block["type"] == "header" else 3_000)
        fields = block.get("fields", [])
        assert len(fields) <= 10
        assert all(0 < len(one["text"]) <= 2_000 for one in fields)
        total += len(head) + sum(len(one["text"]) for one in fields)
    assert total <= 13_200


@given(st.text(), st.integers(2, 50))
def test_escaping_never_leaves_half_an_entity(text: str, most: int) -> None:
    """A text that is cut is cut between characters, never within an escape."""
    found = escaped(text, most)
    assert len(found) <= most
    bare = found.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set("&<>") & set(bare)


@pytest.mark.parametrize(("status", "ending"), [(400, Ending.REFUSED), (403, Ending.REFUSED), (404, Ending.REFUSED),
                                                (429, Ending.LATER), (500, Ending.LATER)])  # fmt: skip
def test_slack_statuses(
    httpserver: HTTPServer, slack: Slack, status: int, ending: Ending, caplog: pytest.LogCaptureFixture
) -> None:
    """What Slack refuses is not repeated, throttling is; the address is not in what is told or logged."""
    caplog.set_level(logging.DEBUG)
    url = httpserver.url_for("/services/T0/SLACKCANARY")
    httpserver.expect_request("/services/T0/SLACKCANARY").respond_with_data(url, status=status)
    attempt = slack.send(page(), T0)
    assert attempt.ending is ending
    assert "SLACKCANARY" not in repr(attempt) + repr(slack) + repr(vars(slack)) + _ours(caplog)


def _ours(caplog: pytest.LogCaptureFixture) -> str:
    """What was logged, save by the test's server."""
    return " ".join(one.getMessage() for one in caplog.records if one.name != "werkzeug")


def test_alertmanager_tells_every_peer() -> None:
    """Each peer gets the alert; while one has it, it is sent, and who failed is said."""
    with HTTPServer("127.0.0.1") as one, HTTPServer("127.0.0.1") as two:
        one.expect_request("/api/v2/alerts", method="POST").respond_with_data("")
        two.expect_request("/api/v2/alerts", method="POST").respond_with_data("", status=500)
        sink = Alertmanager("am", [one.url_for("/"), two.url_for("")], local(), 4)
        attempt = sink.send(page(), T0)
        assert (attempt.ending, attempt.status) == (Ending.SENT, 200)
        assert f"1 of 2 peers took it; 127.0.0.1:{two.port}: HTTP 500" in attempt.detail
        assert posted(one, "/api/v2/alerts") == posted(two, "/api/v2/alerts")
        one.clear()
        one.expect_request("/api/v2/alerts").respond_with_data("", status=400)
        assert sink.send(page(), T0).ending is Ending.LATER
        two.clear()
        two.expect_request("/api/v2/alerts").respond_with_data("", status=400)
        assert sink.send(page(), T0).ending is Ending.REFUSED
        sink.close()


def test_alertmanager_identity() -> None:
    """Labels are closed sets and a digest, never an account; a close names the alert whatever its severity was."""
    (opened,) = alerts_of(page(), T0)
    less = Delivery("c", "pager", PAGE_CLOSED, "alert-1", T0 + 1, {"summary": "closed"})  # as the ledger closes one
    closed = alerts_of(less, T0 + HOUR_MS)
    assert set(opened["labels"]) == {"alertname", "severity", "page"}
    assert opened["annotations"]["rule"] == "gpu-mining"
    assert "acct-1" not in json.dumps(opened["labels"])
    assert opened["labels"] in [one["labels"] for one in closed]
    assert [one["labels"]["severity"] for one in closed] == list(SEVERITIES)
    assert opened["startsAt"] < opened["endsAt"]
    assert {one["endsAt"] for one in closed} == {"2027-01-15T09:00:00.000Z"}
    (other,) = alerts_of(page(subject="alert-2"), T0)
    assert other["labels"] != opened["labels"]


def test_a_page_that_says_little_is_still_told() -> None:
    """Without summary and severity a page names its subject and counts as critical."""
    found = page_of(Delivery("a", "s", PAGE, "acct-9", T0, {"severity": "panic", "link": "javascript:1"}))
    assert (found.summary, found.severity, found.link) == ("tipstaff.page.opened acct-9", "critical", "")


@pytest.mark.parametrize(("said", "severity"), [("warning", "medium"), ("error", "high"), ("low", "low")])
def test_severities(said: str, severity: str) -> None:
    """A page's severity is one of ours, or a pager's word for one."""
    assert page_of(page(severity=said)).severity == severity


def test_sinks_of_pages_take_nothing_else(slack: Slack, pagerduty: PagerDuty) -> None:
    """An action that is routed to a pager by mistake is refused with a reason, not shown as a page."""
    manager = Alertmanager("am", ["http://127.0.0.1:9"], local())
    sinks: list[Sink] = [slack, pagerduty, manager]
    for sink in sinks:
        attempt = sink.send(page("tipstaff.action.requested"), T0)
        assert attempt.ending is Ending.REFUSED
        assert "takes pages" in attempt.detail
    manager.close()
