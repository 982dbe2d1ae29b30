"""What the intake turns away, and that it says so without harm."""

from __future__ import annotations

import asyncio
import json
import socket
from html.parser import HTMLParser
from pathlib import Path

import pytest
from aiohttp.web import Application
from web_intake import Counter, filled, opened

from streams.serving.health import CannotListen
from streams.web.intake import serving
from streams.web.intake.kinds import KINDS

_FORM = "application/x-www-form-urlencoded"
_NASTY = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}</textarea>"


class _Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.ids, self.labels, self.described = list[str](), list[str](), list[str](), list[str]()
        self.attributes = set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(told)
        self.ids += [told["id"] or ""] if "id" in told else []
        self.labels += [told["for"] or ""] if tag == "label" else []
        self.described += (told.get("aria-describedby") or "").split()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_typed_is_only_text(counter: Counter, kind: str) -> None:
    """Markup and templates come back as text in the form that they were typed into, and no script is on any page; every
    control has its label, and every hint that it names is there.
    """
    typed = {one.name: _NASTY for one in KINDS[kind].fields} | {"subject": ""}
    page = counter.client.post(f"/report/{kind}", data={**typed, "no": _NASTY})
    seen = _Seen(page.text)
    assert page.status_code == 422
    assert not {"script", "img", "style"} & set(seen.tags)
    assert not [one for one in seen.attributes if one.startswith("on") or one == "style"]
    assert "{{ 7*7 }}" in page.text
    assert set(seen.labels) == {one.name for one in KINDS[kind].fields} | {"website"}
    assert {*seen.labels, *seen.described} <= set(seen.ids)
    assert len(set(seen.ids)) == len(seen.ids)


def test_every_answer_is_guarded(counter: Counter) -> None:
    """Pages, JSON, errors: a strict policy, nothing kept, no cookie, nothing of what is under it."""
    paths = ("/", "/kinds", "/static/intake.css", "/report/likeness", "/nowhere", "/report/nothing",
             "/static/../application.py", "/metrics")  # fmt: skip
    asked = [counter.client.get(path) for path in paths]
    asked += [
        counter.client.delete("/reports"),
        counter.client.post("/reports", content=b"{"),
        counter.send("likeness"),
    ]
    assert [one.status_code for one in asked] == [200, 200, 200, 200, 404, 404, 404, 404, 405, 415, 200]
    for one in asked:
        assert one.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; form-action")
        assert (one.headers["Cache-Control"], one.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert "set-cookie" not in one.headers
        assert "aiohttp" not in one.headers["Server"] + one.text


@pytest.mark.parametrize(("status", "headers", "body"), [
    (415, {"Content-Type": "multipart/form-data; boundary=x"}, b"--x--"),
    (415, {"Content-Type": "text/plain"}, b"kind=violation"),
    (415, {"Content-Type": _FORM, "Content-Encoding": "gzip"}, b"\x1f\x8b"),
    (415, {"Content-Type": _FORM + "; charset=utf-16"}, b"a"),
    (415, {"Content-Type": "application/json"}, b"{}"),
    (413, {"Content-Type": _FORM}, b"text=" + b"x" * 65_536),
    (400, {"Content-Type": _FORM}, b"text=%ff%fe"),
    (400, {"Content-Type": _FORM}, b"text=a&text=b"),
    (400, {"Content-Type": _FORM}, b"&".join(b"f%d=1" % number for number in range(99))),
    (400, {"Content-Type": _FORM}, b"&&&"),
    (422, {"Content-Type": _FORM}, b""),
    (422, {"Content-Type": _FORM}, b"subject=s&text=t&website=http%3A%2F%2Fbuy.example"),
    (422, {"Content-Type": _FORM}, b"subject=s&text=t&account_id=acme"),
    (403, {"Content-Type": _FORM, "Sec-Fetch-Site": "cross-site"}, b"subject=s&text=t"),
    (403, {"Content-Type": _FORM, "Sec-Fetch-Site": "same-site"}, b"subject=s&text=t"),
    (403, {"Content-Type": _FORM, "Origin": "https://evil.example"}, b"subject=s&text=t"),
    (403, {"Content-Type": _FORM, "Origin": "null"}, b"subject=s&text=t"),
])  # fmt: skip
def test_bodies_turned_away(counter: Counter, status: int, headers: dict[str, str], body: bytes) -> None:
    """Files, other types, encodings, too much, what is unreadable or says a thing twice, machines, other sites."""
    assert counter.client.post("/report/violation", content=body, headers=headers).status_code == status
    assert counter.reports() == []
    counted = [counter.counted(kind, "refused") for kind in ("violation", "unknown")]
    assert sum(one or 0 for one in counted) == 1


def test_our_own_form_is_taken(counter: Counter) -> None:
    """As browsers send it, new ones and those that tell only their origin."""
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Sec-Fetch-Site": "none"},
                    {"Origin": str(counter.client.base_url).rstrip("/")}):  # fmt: skip
        sent = counter.client.post("/report/violation", data=filled("violation"), headers=headers)
        assert sent.status_code == 200, headers


@pytest.mark.parametrize(("body", "status", "told"), [
    (b"[1]", 400, "no JSON object"), (b'{"kind": "violation"', 400, "no JSON object"),
    (b"[" * 60_000, 400, "no JSON object"), (b"{}", 422, "kind must be one of violation"),
    (b'{"kind": {"violation": 1}}', 422, "kind must be one of"),
    (b'{"kind": "violation", "subject": 7, "text": "t"}', 422, "must be a text"),
    (b'{"kind": "violation", "subject": "s", "text": "t", "reporter_id": "agency"}', 422, "no field called"),
    (b'{"kind": "violation", "subject": "s", "text": "t", "matter": "minors"}', 422, "no field called"),
])  # fmt: skip
def test_json_turned_away(counter: Counter, body: bytes, status: int, told: str) -> None:
    """What is wrong with a program's report is said in JSON, by field where it is one."""
    answer = counter.client.post("/reports", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, told in json.dumps(answer.json())) == (status, True), answer.text
    assert counter.reports() == []


def test_too_many_wait(tmp_path: Path) -> None:
    """Past its limit an address is told when to come again, and keeps its form; others, and urgent matters, go on."""
    with opened(tmp_path, address_burst=2, address_per_hour=60) as counter:
        one, other = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "203.0.113.2"}
        assert [counter.send_json("likeness", one).status_code for _ in range(3)] == [201, 201, 429]
        counter.client.headers.update(one)
        page = counter.send("likeness", text="typed with care")
        assert (page.status_code, "typed with care" in page.text) == (429, True)
        assert 0 < int(page.headers["Retry-After"]) <= 60
        assert counter.send("intimate_imagery").status_code == 200
        assert counter.send_json("likeness", other).status_code == 201
        assert counter.counted("likeness", "limited") == 2
        assert len(counter.reports()) == 4


def test_dawdlers_are_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends no whole head, or no whole body, loses the connection; more connections than are allowed are closed."""
    monkeypatch.setattr(serving, "HEAD_S", 0.2)
    monkeypatch.setattr(serving, "CONNECTION_S", 0.3)
    monkeypatch.setattr(serving, "_LOOK_S", 0.05)
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 2)
    with opened(tmp_path) as counter:
        host, port = counter.client.base_url.host, counter.client.base_url.port or 0
        head = b"POST /report/likeness HTTP/1.1\r\nHost: x\r\nContent-Type: " + _FORM.encode()
        with socket.create_connection((host, port), 5) as first, socket.create_connection((host, port), 5) as second:
            first.sendall(head[:20])
            second.sendall(head + b"\r\nContent-Length: 500\r\n\r\ntext=")
            with socket.create_connection((host, port), 5) as third:
                assert third.recv(1) == b""
            assert first.recv(1) == b""
            assert second.recv(1) == b""
        assert counter.send("likeness").status_code == 200


def test_a_port_that_is_taken_is_said(counter: Counter) -> None:
    """Which port, and what to do."""
    port = counter.client.base_url.port or 0

    async def listen() -> None:
        async with serving.intake_server(Application(), "127.0.0.1", port):
            raise AssertionError

    with pytest.raises(CannotListen, match=f"port {port} of 127.0.0.1: .*--reports-port"):
        asyncio.run(listen())
