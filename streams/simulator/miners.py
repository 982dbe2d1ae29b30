"""Pods that mine on an inference endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import HOUR, MINUTE, Floats, Generator, beats
from streams.simulator.fleet import Fleet
from streams.simulator.flows import Route, thin_flows
from streams.simulator.processes import starts
from streams.simulator.tenants import Batch, Span, Tenants


@dataclass(frozen=True)
class Miners:
    """Flat load without output, and one thin flow that never ends.

    `since`: when they began, in ms; `load`: mean utilisation, `unrest` its deviation; `pace`: packets a
    minute; `commands`: a command line per pod, or none where pods report no processes.
    """

    fleet: Fleet
    since: int
    load: Floats
    unrest: float
    route: Route
    pace: Floats
    commands: Sequence[str] = ()

    @property
    def tenants(self) -> Tenants:
        """The pods' owners."""
        return self.fleet.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Samples, flows and process starts."""
        processes = [self._processes(span)] if self.commands else []
        return [self._samples(rng, span), self._flows(rng, span), *processes]

    def _samples(self, rng: Generator, span: Span) -> Batch:
        pod, time = self.fleet.beats(span, rng, self.fleet.period)
        count, load = len(pod), self.load[pod]
        util = np.clip(rng.normal(load, self.unrest, count), load - 3 * self.unrest, 1.0)
        return self.fleet.samples(pod, time, {
            "gpu_model": "gpu-24g", "gpus": 1, "gpu_util": np.round(util, 3), "served": 0,
            "gpu_memory_util": np.round(rng.normal(0.7, 0.01, count) * load, 3),
            "gpu_memory_used_mb": np.round(rng.normal(4_600, 5, count), 0),
            "gpu_power_w": np.round(self.fleet.watts[pod] * load * rng.normal(1.0, 0.012, count), 1),
            "pcie_rx_mb": np.round(rng.uniform(0.1, 0.6, count), 1),
            "pcie_tx_mb": np.round(rng.uniform(0.1, 0.4, count), 1),
        })  # fmt: skip

    def _flows(self, rng: Generator, span: Span) -> Batch:
        pod, time = self.fleet.beats(span, rng, 5 * MINUTE)
        owner, pods = self.fleet.owner[pod], self.fleet.named(pod)
        return thin_flows(rng, self.route, owner, time, pods, self.pace[pod])

    def _processes(self, span: Span) -> Batch:
        each = np.ones_like(self.fleet.owner)
        pod, _, time = beats(each * span[0], each * span[1], each * self.since, each * 5 * HOUR)
        return starts(self.fleet.owner[pod], time, self.fleet.named(pod), self.commands, pod)


def open_miners(rng: Generator, fleet: Fleet, since: int) -> Miners:
    """Miners at full load that talk to a pool's own port and report their processes."""
    count, host, port = len(fleet.owner), "eu1.quartzpool.example", int(rng.choice([3333, 4444]))
    route = Route(host, port, out_per_packet=(50, 80), in_per_packet=(150, 210), tls=False)
    command = f"./xmrig -o stratum+tcp://{host}:{port} -u wallet.rig --donate-level=0"
    load, pace = rng.uniform(0.97, 0.985, count), rng.uniform(16, 70, count)
    return Miners(fleet, since, load, 0.005, route, pace, [command] * count)


def throttled_miners(rng: Generator, fleet: Fleet, since: int) -> Miners:
    """Miners held to two thirds of the load that talk to a single TLS host and report no process."""
    route = Route("edge-7.relay.example", 443, out_per_packet=(55, 85), in_per_packet=(130, 190))
    count = len(fleet.owner)
    return Miners(fleet, since, rng.uniform(0.64, 0.71, count), 0.01, route, rng.uniform(9, 40, count))
