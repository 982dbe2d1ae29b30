"""Every connection a sink makes: the name is resolved once, every address checked, and the checked one connected to."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import httpcore
import httpx

from streams.enforcement.sinks.addresses import Network, odd_number, refusal

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port → all its addresses. Raises OSError."""

_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


_T = TypeVar("_T")

# httpx logs each request's address at INFO, and Slack's is a secret.
logging.getLogger("httpx").addFilter(lambda record: record.levelno >= logging.WARNING)


class AddressRefused(Exception):
    """An address that must not be connected to; its text names host and address, and says what to do."""


def resolved(host: str, port: int) -> list[str]:
    """What the system's resolver says, without repeats."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Connecting:
    """Connects to hosts whose addresses are all global or within the allowed networks."""

    def __init__(self, allowed: Sequence[Network] = (), resolve: Resolver = resolved) -> None:
        self._allowed, self._resolve = tuple(allowed), resolve

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """The host's checked addresses. Raises AddressRefused where any one must not be reached, OSError."""
        if odd_number(host):
            raise AddressRefused(f"{host} is an address in a disguised spelling; write it as a.b.c.d")
        try:
            found = self._resolve(host, port)
        except UnicodeError:
            raise AddressRefused(f"{host!r} is no host name") from None
        for address in found:
            reason = refusal(address, self._allowed)
            if reason is not None:
                raise AddressRefused(f"{host}: {reason}; if it is meant, give its network under allow:")
        if not found:
            raise OSError(f"{host} has no address")
        return found

    def connected(self, host: str, port: int, timeout_s: float, connect: Callable[[str, float], _T]) -> _T:
        """What `connect(address, seconds left)` gives for the first checked address that can be reached.

        Raises AddressRefused, OSError, and what connect raises.
        """
        deadline = time.monotonic() + timeout_s
        failed: Exception = TimeoutError(f"{host}: no time to connect")
        for address in self.addresses(host, port):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                return connect(address, left)
            except (OSError, httpcore.NetworkError, httpcore.TimeoutException) as error:
                failed = error
        raise failed

    def socket(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """A connected socket. Raises AddressRefused, OSError (TimeoutError)."""
        return self.connected(host, port, timeout_s, lambda address, left: (
            socket.create_connection((address, port), left)))  # fmt: skip

    def client(self, timeout_s: float, ca_file: Path | None = None) -> httpx.Client:
        """An HTTP client whose every request is a connection of its own, over within timeout_s; no proxy, no redirect.

        ca_file: trusted instead of the usual authorities. Raises OSError where it cannot be read.
        """
        context = httpx.create_ssl_context(verify=True, trust_env=False) if ca_file is None else (
            ssl.create_default_context(cafile=str(ca_file)))  # fmt: skip
        transport = httpx.HTTPTransport(verify=context, trust_env=False)
        transport._pool.close()
        # httpx has no way to give a network backend: its version is pinned, and the tests hold on to this.
        transport._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=_Checked(self, timeout_s), max_keepalive_connections=0
        )
        return httpx.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=timeout_s)


class _Checked(httpcore.NetworkBackend):
    """Connects httpcore to checked addresses alone."""

    def __init__(self, connecting: Connecting, timeout_s: float) -> None:
        self._connecting, self._timeout_s = connecting, timeout_s

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[_SocketOption] | None = None) -> httpcore.NetworkStream:  # fmt: skip
        deadline = time.monotonic() + self._timeout_s
        limit = min(self._timeout_s, timeout or self._timeout_s)
        plain = httpcore.SyncBackend()
        try:
            stream = self._connecting.connected(host, port, limit, lambda address, left: (
                plain.connect_tcp(address, port, left, local_address, socket_options)))  # fmt: skip
        except OSError as error:
            mapped = httpcore.ConnectTimeout if isinstance(error, TimeoutError) else httpcore.ConnectError
            raise mapped(error.strerror or type(error).__name__) from None
        return _Limited(stream, deadline)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[_SocketOption] | None = None
    ) -> httpcore.NetworkStream:
        raise AddressRefused("a sink never connects to a socket in the file system")


class _Limited(httpcore.NetworkStream):
    """A stream that is over at a deadline, however slowly the other side answers."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def _left(self, timeout: float | None, over: type[Exception]) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise over("the time limit is reached")
        return min(left, timeout or left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:  # fmt: skip
        left = self._left(timeout, httpcore.ConnectTimeout)
        return _Limited(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
