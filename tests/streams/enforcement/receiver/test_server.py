"""The receiver over HTTP: what it verifies, refuses and shows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import standardwebhooks
from contracts.sink_parts import HOUR_MS, T0, Clock, local, requested, webhook_secret

from streams.cli.receiver import receiver as command
from streams.cli.screen import Failed
from streams.enforcement.outbox.delivery import Ending
from streams.enforcement.receiver.apply import Desired
from streams.enforcement.receiver.message import TOLERANCE_MS
from streams.enforcement.receiver.server import CannotListen, Receiver
from streams.enforcement.sinks.cloud_event import body
from streams.enforcement.sinks.secrets import webhook_key
from streams.enforcement.sinks.webhook import Webhook

NEW, OLD = webhook_secret("n"), webhook_secret("o")


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    found = Receiver(Desired(tmp_path / "d"), [webhook_key(NEW), webhook_key(OLD)], Clock())
    found.start()
    yield found
    found.close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as found:
        yield found


def signed(content: bytes, id: str = "a", at_ms: int = T0) -> dict[str, str]:
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    signature = standardwebhooks.Webhook(NEW.reveal()).sign(id, at, content.decode("utf-8", "surrogateescape"))
    return {"webhook-id": id, "webhook-timestamp": str(at_ms // 1000), "webhook-signature": signature}


def test_takes_what_either_secret_signed(receiver: Receiver) -> None:
    """During rotation messages signed with the newer or the older secret are both applied."""
    for id, secret in (("a", NEW), ("b", OLD)):
        sink = Webhook("actuator", receiver.url, [secret], local(), 5)
        attempt = sink.send(requested(id), T0)
        sink.close()
        assert (attempt.ending, attempt.answer["applied"]) == (Ending.SENT, True)
    assert len(receiver.desired.effects()) == 2


def test_takes_nothing_from_others(receiver: Receiver, client: httpx.Client) -> None:
    """Without a signature, with a wrong one, one of another body, id or time, or an old one: 401."""
    content = body(requested("a"))
    good = signed(content)
    bad: list[dict[str, str]] = [
        {}, {**good, "webhook-signature": ""}, {**good, "webhook-signature": "v1,AAAA"}, {**good, "webhook-id": "b"},
        {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")},
        {**good, "webhook-timestamp": str(T0 // 1000 + 1)}, {**good, "webhook-timestamp": "-1"},
        {**good, "webhook-timestamp": "9" * 400}, {**good, "webhook-timestamp": "1e9"}, signed(content + b" "),
        signed(content, at_ms=T0 - TOLERANCE_MS - 1_000), signed(content, at_ms=T0 + TOLERANCE_MS + 1_000),
    ]  # fmt: skip
    for headers in bad:
        assert client.post(receiver.url, content=content, headers=headers).status_code == 401
    assert not receiver.desired.effects()
    assert client.post(receiver.url, content=content, headers=good).status_code == 200
    assert (
        client.post(receiver.url, content=content, headers=signed(content, at_ms=T0 - TOLERANCE_MS)).status_code == 200
    )


def test_statuses(receiver: Receiver, client: httpx.Client) -> None:
    """Refusals say 412, 422, 404, 411 or 413, with a reason, as JSON."""

    def post(content: bytes, id: str = "a", path: str = "/actions", **more: str) -> int:
        url = f"http://127.0.0.1:{receiver.port}{path}"
        answer = client.post(url, content=content, headers={**signed(content, id), **more})
        assert answer.json()
        return answer.status_code

    content = body(requested("a", version=5))
    assert post(content, **{"if-match": '"5"'}) == 200
    assert post(body(requested("b", version=4)), "b") == 412
    assert post(body(requested("a", version=6)), "a") == 422
    assert post(body(requested("c", version=6)), "c", **{"if-match": '"7"'}) == 422
    assert post(body(requested("c", version=6)), "c", **{"if-match": "*"}) == 422
    assert post(b"{}", "e") == 422
    assert post(content, path="/elsewhere") == 404
    assert post(b"x" * 70_000) == 413
    assert post(content, host="evil.example") == 403
    chunked = client.post(receiver.url, content=iter([content]), headers=signed(content))
    assert chunked.status_code == 411
    assert [one.action_id for one in receiver.desired.effects()] == ["a"]


def test_desired_state_can_be_pulled(receiver: Receiver, client: httpx.Client) -> None:
    """GET /desired gives what is in force with an ETag, 304 while it is the same, and another tag once it is not."""
    url = f"http://127.0.0.1:{receiver.port}/desired"
    first = client.get(url)
    assert (first.status_code, first.json()) == (200, {"actions": []})
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    content = body(requested("a"))
    client.post(receiver.url, content=content, headers=signed(content))
    second = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status_code, second.json()["actions"][0]["action_id"]) == (200, "a")
    effects = client.get(f"http://127.0.0.1:{receiver.port}/effects").json()["effects"]
    assert [(one["action_id"], one["state"], one["applied_ms"]) for one in effects] == [("a", "requested", T0)]
    assert client.get(url, headers={"Host": "evil.example"}).status_code == 403
    assert client.get(f"http://127.0.0.1:{receiver.port}/").status_code == 404


def test_a_taken_port_is_named(receiver: Receiver, tmp_path: Path) -> None:
    """A port that is in use is refused with what to do."""
    with pytest.raises(CannotListen, match=f"port {receiver.port} .* Choose another --port"):
        Receiver(Desired(tmp_path / "e"), [], Clock(), receiver.port)


def test_junk_does_not_stop_it(receiver: Receiver, client: httpx.Client) -> None:
    """Bytes that are no HTTP, and connections that break off, leave it serving."""
    for junk in (b"\x16\x03\x01\x00", b"POST /actions HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc", b""):
        with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
            connection.sendall(junk)
    assert client.get(f"http://127.0.0.1:{receiver.port}/desired").status_code == 200


COMMAND = "import typer, streams.cli.receiver as r; typer.run(r.receiver)"


def started(folder: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--secret-file", str(folder / "secret"), "--data", str(folder / "d"), "--port",
         str(port)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("receiver: http://127.0.0.1:"), line
    return process, line.removeprefix("receiver: ").strip()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    assert process.stdout is not None
    process.stdout.read()
    process.stdout.close()
    return process.wait(20)


def test_the_command_survives_a_kill(tmp_path: Path) -> None:
    """`tipstaff receiver`, killed after applying and started again, repeats its answer and has one effect."""
    (tmp_path / "secret").write_text(NEW.reveal())
    (tmp_path / "secret").chmod(0o600)
    now = time.time_ns() // 1_000_000
    delivery = requested("a", at=now, not_after=now + HOUR_MS)
    process, url = started(tmp_path, 0)
    sink = Webhook("actuator", url, [NEW], local(), 5)
    answers: list[Any] = [sink.send(delivery, now).answer]
    assert ended(process, signal.SIGKILL) == -signal.SIGKILL
    assert sink.send(delivery, now).ending is Ending.LATER
    process, again = started(tmp_path, int(url.split(":")[2].split("/")[0]))
    assert again == url
    answers.append(sink.send(delivery, now).answer)
    sink.close()
    with httpx.Client(trust_env=False) as client:
        effects = client.get(url.replace("/actions", "/effects")).json()["effects"]
    assert ended(process, signal.SIGTERM) == 0
    assert answers[1] == answers[0] | {"repeated": True}
    assert [one["action_id"] for one in effects] == ["a"]


def test_the_command_refuses_an_open_secret(tmp_path: Path) -> None:
    """A secret that others may read keeps the receiver from starting, with what to do, and is not shown."""
    (tmp_path / "secret").write_text(NEW.reveal())
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(Failed, match="chmod 600") as raised:
        command([tmp_path / "secret"], tmp_path / "d", 70_000)  # a port that it could not wait at
    assert NEW.reveal() not in str(raised.value)
