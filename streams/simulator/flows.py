"""Network flows: where they go and what their packets look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import Floats, Generator, Ints
from streams.simulator.tenants import Batch, Column

_BYTES_PER_MS = 60_000  # bulk data moves at about 60 MB/s


@dataclass(frozen=True)
class Route:
    """A destination and the bytes per packet either way (least, most); `tls`: whether it names itself."""

    host: str
    port: int
    out_per_packet: tuple[int, int]
    in_per_packet: tuple[int, int]
    tls: bool = True

    def columns(self) -> dict[str, Column]:
        """What every flow to it carries."""
        name = {"tls_sni": self.host} if self.tls else {}
        return {"protocol": "tcp", "dst_host": self.host, "dst_port": self.port, **name}


@dataclass(frozen=True)
class Packets:
    """Packets out and in, how long they took (ms), and the share of mere acknowledgements."""

    there: Floats
    back: Floats
    duration: Floats
    ack: Floats


def flows(rng: Generator, route: Route, who: Ints, time: Ints, pods: Mapping[str, Column], size: Ints) -> Batch:
    """Bulk flows: `size` bytes in the heavier direction, a packet back for every two there."""
    outward, count = route.out_per_packet > route.in_per_packet, len(who)
    packets = np.maximum(size / max(*route.out_per_packet, *route.in_per_packet), 4)
    answers = packets * rng.uniform(0.45, 0.6, count)
    there, back = (packets, answers) if outward else (answers, packets)
    duration = size / _BYTES_PER_MS * rng.lognormal(0.0, 0.3, count) + rng.uniform(80, 400, count)
    ack = rng.uniform(0.5, 0.8, count) if outward else rng.uniform(0.75, 0.97, count)
    return _events(rng, route, who, time, pods, Packets(there, back, duration, ack))


def thin_flows(rng: Generator, route: Route, who: Ints, time: Ints, pods: Mapping[str, Column], pace: Floats) -> Batch:
    """Long flows of few small packets, each reported after about 300 s; `pace`: packets a minute."""
    count = len(who)
    duration = rng.normal(300_100, 60, count)
    packets = pace * rng.normal(1.0, 0.06, count) * duration / 60_000
    there = packets * rng.uniform(0.56, 0.64, count)
    flow = Packets(there, packets - there, duration, rng.uniform(0.84, 0.96, count))
    return _events(rng, route, who, time, pods, flow)


def _events(rng: Generator, route: Route, who: Ints, time: Ints, pods: Mapping[str, Column], packets: Packets) -> Batch:
    there, back = (np.maximum(np.rint(n), 1).astype(np.int64) for n in (packets.there, packets.back))
    sent = (there * rng.uniform(*route.out_per_packet, len(who))).astype(np.int64)
    received = (back * rng.uniform(*route.in_per_packet, len(who))).astype(np.int64)
    return Batch("network", who, time, {
        **route.columns(), **pods, "packets_out": there, "packets_in": back, "bytes_out": sent,
        "bytes_in": received, "duration_ms": np.round(packets.duration, 3),
        "ack_share": np.round(packets.ack, 3),
    })  # fmt: skip
