"""Health and metrics over real HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import ClientSession
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from streams.serving.health import CannotListen, health_server


class Part:
    """Something whose health a test decides."""

    def __init__(self) -> None:
        self.ok, self.details = True, dict[str, Any]()

    def probe(self) -> tuple[bool, Mapping[str, Any]]:
        return self.ok, self.details


async def asked(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """Status, content type and body."""
    async with ClientSession() as http, http.request(method, f"http://{address}{path}", headers=headers) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def served(*requests: tuple[str, str, dict[str, str]], alive: Part | None = None, ready: Part | None = None,
                 registry: CollectorRegistry | None = None) -> list[tuple[int, str, str]]:  # fmt: skip
    """What a server answers to each (method, path, headers)."""
    probes = (alive or Part()).probe, (ready or Part()).probe
    async with health_server(0, *probes, registry or CollectorRegistry()) as address:
        return [await asked(address, path, method, **headers) for method, path, headers in requests]


def test_probes_decide_the_status() -> None:
    """A probe that says no is 503 with its reasons as JSON, one that says yes is 200; each has a path of its own."""
    ready = Part()
    ready.ok, ready.details = False, {"sources": {"gateway": {"up": False, "reason": "no topic"}}}
    (alive, ready_answer) = asyncio.run(served(("GET", "/healthz", {}), ("GET", "/readyz", {}), ready=ready))
    assert alive[0] == 200
    assert json.loads(alive[2]) == {"ok": True}
    assert ready_answer[0] == 503
    assert json.loads(ready_answer[2]) == {"ok": False, **ready.details}


def test_probes_are_asked_each_time() -> None:
    """What changes between two requests is seen by the second."""
    part = Part()

    async def twice() -> list[int]:
        async with health_server(0, part.probe, part.probe, CollectorRegistry()) as address:
            first = await asked(address, "/healthz")
            part.ok = False
            return [first[0], (await asked(address, "/healthz"))[0]]

    assert asyncio.run(twice()) == [200, 503]


def test_metrics_parse() -> None:
    """/metrics is Prometheus text of the registry that was given, under its content type."""
    registry = CollectorRegistry()
    Counter("tipstaff_seen", "Things seen.", registry=registry).inc(3)
    ((status, kind, body),) = asyncio.run(served(("GET", "/metrics", {}), registry=registry))
    assert (status, kind) == (200, CONTENT_TYPE_LATEST)
    samples = {s.name: s.value for family in text_string_to_metric_families(body) for s in family.samples}
    assert samples["tipstaff_seen_total"] == 3


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "x@localhost"]
)
def test_other_host_names_are_refused(host: str) -> None:
    """A page elsewhere that points its name at loopback learns nothing, from no path."""
    found = asyncio.run(served(*[("GET", path, {"Host": host}) for path in ("/healthz", "/readyz", "/metrics", "/")]))
    assert [status for status, _, _ in found] == [403] * 4


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:1", "[::1]:8080"])
def test_loopback_names_are_served(host: str) -> None:
    """Whoever calls it by a name of this machine's loopback is answered."""
    ((status, _, _),) = asyncio.run(served(("GET", "/healthz", {"Host": host})))
    assert status == 200


def test_a_request_without_a_host_is_refused() -> None:
    """Without a name nobody knows which was meant."""

    async def bare() -> bytes:
        part = Part()
        async with health_server(0, part.probe, part.probe, CollectorRegistry()) as address:
            name, _, port = address.rpartition(":")
            reader, writer = await asyncio.open_connection(name, int(port))
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return answer

    assert asyncio.run(bare()).split(b"\r\n")[0].split()[1] == b"403"


def test_there_is_nothing_else() -> None:
    """Other paths are 404, other methods 405."""
    found = asyncio.run(
        served(("GET", "/", {}), ("GET", "/healthz/x", {}), ("POST", "/healthz", {}), ("PUT", "/metrics", {}))
    )
    assert [status for status, _, _ in found] == [404, 404, 405, 405]


def test_it_listens_on_loopback_alone() -> None:
    """The address is loopback's, and its port is given back when the block ends."""

    async def open_and_close() -> int:
        part = Part()
        async with health_server(0, part.probe, part.probe, CollectorRegistry()) as address:
            assert address.startswith("127.0.0.1:")
            return int(address.rpartition(":")[2])

    port = asyncio.run(open_and_close())
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


@pytest.mark.parametrize("port", ["taken", 70_000])
def test_a_port_that_cannot_be_had(port: str | int) -> None:
    """The message names the port and what to do."""

    async def start(number: int) -> None:
        part = Part()
        async with health_server(number, part.probe, part.probe, CollectorRegistry()):
            raise AssertionError("it must not start")

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        number = holder.getsockname()[1] if port == "taken" else int(port)
        with pytest.raises(CannotListen, match=f"port {number} of 127.0.0.1: .*Choose another --web-port"):
            asyncio.run(start(number))
