"""No sink ever connects to an address that it was not allowed to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from streams.enforcement.sinks.addresses import networks, odd_number, refusal
from streams.enforcement.sinks.connecting import AddressRefused, Connecting

REFUSED_HOSTS = Path(__file__).with_name("refused_hosts.txt").read_text().split()
"""Hosts that no sink may reach: in plain, old and disguised spellings, of every reserved kind."""


class Listening:
    """A socket on loopback that counts who connects, and answers the first request of each."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.connections = 0
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self._open.append(connection)  # as a server does that keeps connections for the next request
            if connection.recv(4) == b"stop":
                return
            self.connections += 1
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"stop")
        self._thread.join(10)
        for one in (*self._open, self._socket):
            one.close()


@pytest.fixture
def listening() -> Iterator[Listening]:
    server = Listening()
    yield server
    server.close()


def get(connecting: Connecting, url: str) -> int:
    with connecting.client(2.0) as client:
        return client.get(url).status_code


def test_the_corpus_is_large_enough() -> None:
    """There are at least 60 hosts in the corpus, each another."""
    assert len(set(REFUSED_HOSTS)) >= 60


def test_no_refused_host_is_connected_to(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the corpus is refused before any socket is made: 0 connections, over HTTP and for mail."""
    made: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **_: made.append(args))
    for host in REFUSED_HOSTS:
        with pytest.raises((AddressRefused, httpx.ConnectError, httpx.InvalidURL)):
            get(Connecting(), f"http://{host}:{listening.port}/")
        with pytest.raises((AddressRefused, OSError)):
            Connecting().socket(host.strip("[]"), listening.port, 1.0)
    monkeypatch.undo()
    assert not made
    assert listening.connections == 0


@pytest.mark.parametrize("answers", [
    ["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["2606:4700::1111", "::1"], ["10.0.0.1", "8.8.8.8"],
    ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["fe80::1%eth0"], ["not an address"],
])  # fmt: skip
def test_one_bad_address_refuses_the_name(listening: Listening, answers: list[str]) -> None:
    """A name any of whose addresses is not public is refused whole."""
    connecting = Connecting((), lambda host, port: answers)
    with pytest.raises(AddressRefused, match=r"hooks\.example: .* allow:"):
        get(connecting, f"http://hooks.example:{listening.port}/")
    assert listening.connections == 0


def test_rebinding_has_no_second_chance(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that first is public and then ours is resolved once, and what was checked is what is connected to."""
    asked: list[str] = []
    reached: list[tuple[str, int]] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    connecting = Connecting((), rebinding)
    with pytest.raises(httpx.ConnectError):
        get(connecting, f"http://hooks.example:{listening.port}/")
    assert reached == [("93.184.216.34", listening.port)]
    assert asked == ["hooks.example"]
    with pytest.raises(AddressRefused):
        get(connecting, f"http://hooks.example:{listening.port}/")
    monkeypatch.undo()
    assert len(reached) == 1
    assert listening.connections == 0


def test_every_request_is_checked_anew(listening: Listening) -> None:
    """A connection is not kept for the next request, whose name may have moved."""
    asked: list[str] = []

    def moving(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with Connecting(networks(["127.0.0.1/32"]), moving).client(2.0) as client:
        assert client.get(f"http://hooks.example:{listening.port}/").status_code == 204
        with pytest.raises(AddressRefused):
            client.get(f"http://hooks.example:{listening.port}/")
    assert listening.connections == 1


def test_an_allowed_network_is_reached(listening: Listening) -> None:
    """What the operator allows is connected to, also where it is written as a mapped address, and nothing beside it."""
    connecting = Connecting(networks(["127.0.0.1/32"]))
    assert get(connecting, f"http://127.0.0.1:{listening.port}/") == 204
    with pytest.raises(AddressRefused):
        get(connecting, f"http://127.0.0.2:{listening.port}/")
    assert listening.connections == 1
    assert refusal("::ffff:127.0.0.1", networks(["127.0.0.1/32"])) is None


def test_no_proxy_of_the_environment_is_used(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment would connect in our place: it is ignored."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert get(Connecting(networks(["127.0.0.0/8"])), f"http://127.0.0.1:{listening.port}/") == 204


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1",
                                     "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"])  # fmt: skip
def test_public_addresses_pass(address: str) -> None:
    """What is public, as it is or within another address, is not refused."""
    assert refusal(address, ()) is None


@pytest.mark.parametrize(("host", "odd"), [
    ("1.2.3.4", False), ("::1", False), ("example.com", False), ("1.example", False), ("16909060", True),
    ("1.2", True), ("0x1.2.3.4", True), ("01.2.3.4", True), ("1.2.3.4 x", True),
])  # fmt: skip
def test_old_spellings(host: str, odd: bool) -> None:
    """An address is told from its old spellings, and from names."""
    assert odd_number(host) is odd
