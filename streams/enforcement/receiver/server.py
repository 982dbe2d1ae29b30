"""The reference receiver over HTTP, on loopback: POST /actions, GET /desired, GET /effects."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from streams.enforcement.receiver.apply import Desired
from streams.enforcement.receiver.faults import Fault, Faults, Planned
from streams.enforcement.receiver.message import Refused, read, verify

LOOPBACK = "127.0.0.1"
MOST_BODY = 64 * 1024  # bytes
_HOSTS = re.compile(r"(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?", re.IGNORECASE)
_VERSION = re.compile(r'"?([0-9]{1,18})"?')
_IDLE_S = 30.0


class CannotListen(Exception):
    """A port that cannot be listened at: which, why, and what to do."""


class Receiver:
    """Serves from `start` until `close`. keys: any may sign; told: gets a line about each POST."""

    def __init__(self, desired: Desired, keys: Sequence[bytes], clock_ms: Callable[[], int], port: int = 0,
                 faults: Faults | None = None, told: Callable[[str], None] = lambda _: None) -> None:  # fmt: skip
        self.desired, self.keys, self.clock_ms, self.told = desired, tuple(keys), clock_ms, told
        self.faults = faults or Faults()
        try:
            self._server = _Server((LOOPBACK, port), self)
        except (OSError, OverflowError) as error:
            about = getattr(error, "strerror", None) or error
            raise CannotListen(f"port {port} of {LOOPBACK}: {about}. Choose another --port, or 0.") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="receiver", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where actions are posted to."""
        return f"http://{LOOPBACK}:{self.port}/actions"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving, once the requests under way are answered."""
        self.faults.release()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that close waits for what is under way
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(address, _Request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.receiver.told("a connection broke off")


class _Request(BaseHTTPRequestHandler):
    """One connection, one request."""

    server: _Server
    timeout = _IDLE_S
    server_version, sys_version = "tipstaff", ""

    def do_POST(self) -> None:
        planned = self.server.receiver.faults.next()
        if planned is not None and planned.fault is Fault.DOWN:
            return self._hang_up()
        try:
            body = self._body()
            if planned is not None:
                return self._faulty(planned, body)
            self._answer(200, self._take(body))
        except Refused as refused:
            self.server.receiver.told(f"refused ({refused.status}): {refused}")
            self._answer(refused.status, {"reason": str(refused)})
        except sqlite3.Error as error:
            self.server.receiver.told(f"cannot write: {error}")
            self._answer(503, {"reason": "the data cannot be written now"}, {"Retry-After": "1"})

    def do_GET(self) -> None:
        receiver = self.server.receiver
        try:
            self._own_name()
            if self.path == "/desired":
                now = receiver.clock_ms()
                self._tagged({"actions": receiver.desired.in_force(now)})
            elif self.path == "/effects":
                self._answer(200, {"effects": [asdict(one) for one in receiver.desired.effects()]})
            else:
                raise Refused(404, "there is POST /actions, GET /desired and GET /effects")
        except Refused as refused:
            self._answer(refused.status, {"reason": str(refused)})

    def _take(self, body: bytes) -> dict[str, Any]:
        self._own_name()
        receiver, now = self.server.receiver, self.server.receiver.clock_ms()
        if self.path != "/actions":
            raise Refused(404, "there is POST /actions, GET /desired and GET /effects")
        id = verify({name.lower(): value for name, value in self.headers.items()}, body, receiver.keys, now)
        message = read(id, body)
        answer = receiver.desired.apply(message, body, self._version(), now)
        receiver.told(f"{'repeated' if 'repeated' in answer else 'applied'} {message.type} {id}")
        return answer

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(411, "Content-Length is needed")
        if len(length) > 9 or int(length) > MOST_BODY:
            raise Refused(413, f"a body has at most {MOST_BODY} bytes")
        return self.rfile.read(int(length))

    def _version(self) -> int | None:
        given = self.headers.get("If-Match")
        found = _VERSION.fullmatch(given or "")
        if given is not None and found is None:
            raise Refused(422, "If-Match is no version")
        return None if found is None else int(found.group(1))

    def _own_name(self) -> None:
        """A page that gave its name our address (DNS rebinding) still sends its own name."""
        if not _HOSTS.fullmatch(self.headers.get("Host", "")):
            raise Refused(403, "ask for localhost or 127.0.0.1")

    def _faulty(self, planned: Planned, body: bytes) -> None:
        if planned.fault in (Fault.DROP, Fault.LATE):
            self._take(body)
        if planned.fault in (Fault.SILENT, Fault.LATE):
            self.server.receiver.faults.hold()
        if planned.fault is Fault.ERROR:
            self._answer(500, {"reason": "a fault on purpose"})
        elif planned.fault is Fault.BUSY:
            self._answer(429, {"reason": "a fault on purpose"}, {"Retry-After": str(planned.retry_after_s)})
        else:
            self._hang_up()

    def _tagged(self, content: dict[str, Any]) -> None:
        tag = f'"{hashlib.sha256(json.dumps(content).encode()).hexdigest()}"'
        if self.headers.get("If-None-Match") == tag:
            self._answer(304, None, {"ETag": tag})
        else:
            self._answer(200, content, {"ETag": tag})

    def _answer(self, status: int, content: dict[str, Any] | None, headers: dict[str, str] | None = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {}),
                            }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """What was taken is told by `_take`; addresses of requests may hold anything."""
