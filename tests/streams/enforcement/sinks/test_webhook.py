"""Signed webhooks, through real sockets."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import standardwebhooks
from contracts.sink_parts import MINUTE_MS, T0, local, requested, webhook_secret
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.receiver.message import Refused, verify
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.secrets import webhook_key
from streams.enforcement.sinks.webhook import Webhook

NEW, OLD = webhook_secret("n"), webhook_secret("o")


@pytest.fixture
def sink(httpserver: HTTPServer) -> Iterator[Webhook]:
    found = Webhook("actuator", httpserver.url_for("/hook"), [NEW, OLD], local(), timeout_s=2)
    yield found
    found.close()


def sent(httpserver: HTTPServer, sink: Webhook, delivery: Delivery) -> tuple[Attempt, Request]:
    httpserver.expect_request("/hook", method="POST").respond_with_json({"ok": True})
    attempt = sink.send(delivery, T0 + 1_234)
    return attempt, httpserver.log[0][0]


def answered(httpserver: HTTPServer, sink: Webhook, status: int, headers: dict[str, str] | None = None,
             body: bytes = b"{}") -> Attempt:  # fmt: skip
    httpserver.expect_request("/hook").respond_with_response(Response(body, status, headers))
    return sink.send(requested("a"), T0)


def test_body_and_headers(httpserver: HTTPServer, sink: Webhook) -> None:
    """What arrives is a CloudEvent in structured JSON under the delivery's id, with its version, and is sent once."""
    delivery = requested("a-1", version=7)
    attempt, request = sent(httpserver, sink, delivery)
    assert attempt == Attempt(Ending.SENT, 200, "HTTP 200", answer={"ok": True})
    event = json.loads(request.get_data())
    assert event == {
        "specversion": "1.0", "id": "a-1", "source": "/tipstaff", "type": "tipstaff.action.requested",
        "subject": "acct-1", "time": "2027-01-15T08:00:00.000Z", "timestamp": "2027-01-15T08:00:00.000Z",
        "datacontenttype": "application/json", "data": dict(delivery.data),
    }  # fmt: skip
    headers = {"Content-Type": "application/cloudevents+json", "webhook-id": "a-1", "Idempotency-Key": "a-1",
               "If-Match": '"7"', "webhook-timestamp": str(T0 // 1000 + 1)}  # fmt: skip
    assert {name: request.headers[name] for name in headers} == headers
    assert len(httpserver.log) == 1


def test_either_secret_verifies(httpserver: HTTPServer, sink: Webhook) -> None:
    """During rotation whoever holds the newer or the older secret can verify; with another nobody can."""
    _, request = sent(httpserver, sink, requested("a"))
    headers = {name.lower(): value for name, value in request.headers.items()}
    newest, oldest = headers["webhook-signature"].split(" ")
    body = request.get_data()
    at = datetime.fromtimestamp(T0 // 1000 + 1, UTC)
    for secret, signature in ((NEW, newest), (OLD, oldest)):
        assert verify(headers, body, [webhook_key(secret)], T0) == "a"
        assert standardwebhooks.Webhook(secret.reveal()).sign("a", at, body.decode()) == signature
    with pytest.raises(Refused, match="no signature"):
        verify(headers, body, [webhook_key(webhook_secret("x"))], T0)


def test_a_lift_has_an_id_without_a_dot(httpserver: HTTPServer, sink: Webhook) -> None:
    """Standard Webhooks signs `id.timestamp.body`: no id holds a dot."""
    _, request = sent(httpserver, sink, replace(requested("a"), id="a.lift", version=None))
    assert request.headers["webhook-id"] == "a-lift"
    assert "If-Match" not in request.headers


def test_attempts_repeat_the_body_and_renew_the_timestamp(httpserver: HTTPServer, sink: Webhook) -> None:
    """A repeated delivery has the same bytes, also where its data comes back in another order, and a new timestamp."""
    delivery = requested("a")
    sent(httpserver, sink, delivery)
    sink.send(replace(delivery, data=dict(reversed(list(delivery.data.items()))), attempts=3), T0 + MINUTE_MS)
    (first, _), (second, _) = httpserver.log
    assert first.get_data() == second.get_data()
    assert second.headers["webhook-timestamp"] == str((T0 + MINUTE_MS) // 1000)


@pytest.mark.parametrize(("status", "ending", "certain"), [
    (200, Ending.SENT, True), (202, Ending.SENT, True), (204, Ending.SENT, True),
    (301, Ending.REFUSED, True), (302, Ending.REFUSED, True), (307, Ending.REFUSED, True), (308, Ending.REFUSED, True),
    (400, Ending.REFUSED, True), (401, Ending.REFUSED, True), (404, Ending.REFUSED, True), (410, Ending.REFUSED, True),
    (412, Ending.REFUSED, True), (422, Ending.REFUSED, True), (409, Ending.LATER, False), (429, Ending.LATER, True),
    (500, Ending.LATER, False), (502, Ending.LATER, False), (503, Ending.LATER, True), (504, Ending.LATER, False),
])  # fmt: skip
def test_statuses(httpserver: HTTPServer, sink: Webhook, status: int, ending: Ending, certain: bool) -> None:
    """Each status is sent, later or refused; a redirect is not followed, and where it may be applied that is said."""
    httpserver.expect_request("/elsewhere").respond_with_json({})
    attempt = answered(httpserver, sink, status, {"Location": httpserver.url_for("/elsewhere")})
    assert (attempt.ending, attempt.status, attempt.certain) == (ending, status, certain)
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(("value", "wait"), [
    ("7", 7_000), (format_datetime(datetime.fromtimestamp(T0 / 1000 + 90, UTC), usegmt=True), 90_000),
    (format_datetime(datetime.fromtimestamp(T0 / 1000 - 90, UTC), usegmt=True), 0), ("soon", None), ("-5", None),
    ("9" * 400, None), ("", None), ("1e9", None),
])  # fmt: skip
def test_retry_after(httpserver: HTTPServer, sink: Webhook, status: int, value: str, wait: int | None) -> None:
    """Retry-After is read as seconds or as a date; nonsense counts as not said."""
    assert answered(httpserver, sink, status, {"Retry-After": value}).retry_after_ms == wait


def test_gone_disables(httpserver: HTTPServer, sink: Webhook) -> None:
    """After 410 nothing is sent any more, and each delivery says why, until the sink is enabled again."""
    answered(httpserver, sink, 410)
    assert sink.disabled
    attempt = sink.send(requested("b"), T0)
    assert attempt.ending is Ending.REFUSED
    assert "disabled" in attempt.detail
    assert len(httpserver.log) == 1
    sink.enable()
    sink.send(requested("b"), T0)
    assert len(httpserver.log) == 2


def test_too_large_is_refused_unsent(httpserver: HTTPServer, sink: Webhook) -> None:
    """A message of 20 kB or more, or data that is no JSON, is refused with the reason, and nothing is sent."""
    httpserver.expect_request("/hook").respond_with_json({})
    for data, why in (({"text": "x" * 20_000}, "bytes"), ({"n": float("nan")}, "no JSON"), ({"n": 2**60}, "no JSON"),
                      ({"o": object()}, "no JSON")):  # fmt: skip
        attempt = sink.send(replace(requested("a"), data=data), T0)
        assert attempt.ending is Ending.REFUSED
        assert why in attempt.detail
    assert not httpserver.log


@pytest.mark.parametrize("id", ["a\r\nx: y", "case 7/é", "x" * 300, "", "\ud800"])
def test_an_odd_id_stands_as_its_hash(httpserver: HTTPServer, sink: Webhook, id: str) -> None:
    """An id that no header takes is sent as a hash, the same each time and another for another id."""
    _, request = sent(httpserver, sink, replace(requested("a"), id=id))
    sink.send(replace(requested("a"), id=id + "!"), T0)
    first, second = (request.headers["webhook-id"] for request, _ in httpserver.log)
    assert len(first) == 64
    assert first != second
    assert json.loads(request.get_data())["id"] == first


def test_a_huge_answer_is_not_read_whole(httpserver: HTTPServer, sink: Webhook) -> None:
    """Of a long answer only the beginning is read and kept."""
    attempt = answered(httpserver, sink, 200, body=b"x" * 5_000_000)
    assert attempt.ending is Ending.SENT
    assert len(json.dumps(attempt.answer)) < 300


@pytest.mark.parametrize("body", [
    b"", b"null", b"[1]", b"{", b"\xff\xfe", b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b'{"a":' * 10_000,
    b'{"a": NaN}', b"\x1b[2J\x00", b'{"a": 1e999}',
])  # fmt: skip
def test_hostile_answers(httpserver: HTTPServer, sink: Webhook, body: bytes) -> None:
    """Whatever is answered, what is kept is JSON that a database takes, and the detail is one line of text."""
    for status in (200, 422):
        attempt = answered(httpserver, sink, status, body=body)
        json.dumps(attempt.answer, ensure_ascii=False, allow_nan=False).encode()
        assert "\0" not in "".join(str(value) for value in attempt.answer.values())
        assert attempt.detail.isprintable()
        assert len(attempt.detail) <= 200
        httpserver.clear()


def test_nobody_there() -> None:
    """Where nothing listens, it is tried later, and it is certain that nothing arrived."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    sink = Webhook("actuator", f"http://127.0.0.1:{port}/", [NEW], local(), timeout_s=2)
    attempt = sink.send(requested("a"), T0)
    sink.close()
    assert (attempt.ending, attempt.status, attempt.certain) == (Ending.LATER, None, True)
    assert attempt.detail == "could not connect: ConnectError"


def test_an_unallowed_address_is_told() -> None:
    """A name that leads to this machine is tried later, with what to do, and certainly did not arrive."""
    sink = Webhook("actuator", "https://hooks.example/", [NEW], Connecting((), lambda *_: ["127.0.0.1"]), timeout_s=2)
    attempt = sink.send(requested("a"), T0)
    sink.close()
    assert (attempt.ending, attempt.certain) == (Ending.LATER, True)
    assert attempt.detail.startswith("hooks.example: 127.0.0.1 is not a public address; if it is meant")


def test_a_silent_server_is_uncertain() -> None:
    """A time-out after the request was sent is tried later, and may have been applied."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sink = Webhook("actuator", f"http://127.0.0.1:{port}/", [NEW], local(), timeout_s=0.3)
        attempt = sink.send(requested("a"), T0)
        sink.close()
    assert (attempt.ending, attempt.status, attempt.certain) == (Ending.LATER, None, False)
    assert attempt.detail == "no answer: ReadTimeout"


def test_a_dripping_server_is_cut_off() -> None:
    """A server that answers a byte at a time cannot hold the sink for longer than its time limit."""
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(100):
                if not stop.wait(0.05):
                    connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        sink = Webhook("actuator", f"http://127.0.0.1:{server.getsockname()[1]}/", [NEW], local(), timeout_s=0.5)
        begun = time.monotonic()
        attempt = sink.send(requested("a"), T0)
        took = time.monotonic() - begun
        stop.set()
        thread.join(10)
        sink.close()
    assert attempt.ending is Ending.LATER
    assert took < 2.0


def test_an_endless_answer_is_not_waited_for() -> None:
    """Of an answer without an end the beginning is enough: the attempt is over long before its time limit."""

    def pour(server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.settimeout(10)
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(100_000):
                connection.sendall(b"x" * 65_536)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=pour, args=(server,))
        thread.start()
        sink = Webhook("actuator", f"http://127.0.0.1:{server.getsockname()[1]}/", [NEW], local(), timeout_s=8)
        begun = time.monotonic()
        attempt = sink.send(requested("a"), T0)
        took = time.monotonic() - begun
        sink.close()
        thread.join(20)
    assert (attempt.ending, attempt.status) == (Ending.SENT, 200)
    assert took < 4.0


def test_no_secret_is_ever_shown(httpserver: HTTPServer, sink: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    """Secrets are in no repr, detail, answer or log, also where the server echoes them."""
    caplog.set_level(logging.DEBUG)
    canaries = [NEW.reveal(), OLD.reveal()]
    attempt = answered(httpserver, sink, 422, body=json.dumps({"you": " ".join(canaries)}).encode())
    shown = repr(attempt) + repr(sink) + repr(vars(sink)) + repr(NEW) + f"{NEW}" + str(OLD) + caplog.text
    for canary in canaries:
        assert canary not in shown
        assert canary.removeprefix("whsec_").rstrip("=") not in shown
    assert "[secret]" in shown
