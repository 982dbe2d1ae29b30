"""Whether a broker serves: one exchange of Kafka's own protocol."""

from __future__ import annotations

import socket
import struct

_METADATA, _VERSION, _CORRELATION, _NO_CLIENT_ID, _NO_TOPICS = 3, 1, 7, -1, 0


def serves(port: int) -> bool:
    """Whether 127.0.0.1 at this port answers a Metadata request, and names a broker that takes part."""
    request = struct.pack(">hhihi", _METADATA, _VERSION, _CORRELATION, _NO_CLIENT_ID, _NO_TOPICS)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            _size, correlation, brokers = struct.unpack(">iii", _exactly(connection, 12))
    except OSError:
        return False
    return bool(correlation == _CORRELATION and brokers > 0)


def _exactly(connection: socket.socket, size: int) -> bytes:
    """The next bytes; OSError where the connection ends before them."""
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            raise ConnectionError("closed")
        got += more
    return got
