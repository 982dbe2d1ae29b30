"""Loopback ports."""

from __future__ import annotations

import random
import socket

from trouble import Trouble

# Below where systems take the ports of outgoing connections from: while a broker is down, a client that keeps
# trying could otherwise be given the broker's own port, and connect to itself.
_OURS = range(20_000, 32_000)


def free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1 at this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """As many different free ports."""
    found = [port for port in random.sample(_OURS, 50 + count) if free(port)]
    if len(found) < count:
        raise Trouble(f"no free port among {_OURS.start} to {_OURS.stop}; stop what listens there")
    return found[:count]


def refuse_taken(ports: list[int]) -> None:
    """Raise for a port that somebody listens on."""
    for port in ports:
        if not free(port):
            raise Trouble(
                f"port {port} of 127.0.0.1 is taken: stop what listens there (`ss -ltnp 'sport = :{port}'` names it), "
                "or choose another with --port (0: any free one)"
            )
