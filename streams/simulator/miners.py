"""Pods that mine on an inference endpoint: openly, held back, or in bursts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from streams.simulator.draw import DAY, HOUR, MINUTE, Bools, Floats, Generator, Ints, beats, noise, whole
from streams.simulator.fleet import Fleet, deploy
from streams.simulator.flows import Route, thin_flows
from streams.simulator.processes import starts
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Column, Setting, Tenants, settle
from streams.simulator.texts import joined, pick

_POOLS = ("eu1.quartzpool.example", "us2.quartzpool.example", "asia.deepvein.example", "pool.hashmill.example")
_PORTS = np.array([3333, 4444, 5555, 14444])
_OPEN = Route("", 0, out_per_packet=(50, 80), in_per_packet=(150, 210), tls=False)
_HIDDEN = Route("", 443, out_per_packet=(55, 85), in_per_packet=(130, 190))


@dataclass(frozen=True)
class Miners:
    """Flat load without output, and one thin flow that never ends.

    `load`: mean utilisation, `unrest` its deviation; `pace`: packets a minute; `there`: columns of flows by pod;
    `commands`: a command line per pod, or none where pods report no processes; `cycle`: how long a pod that mines
    in bursts takes from one to the next (ms), 0 for those that never pause.
    """

    fleet: Fleet
    spells: Spells
    load: Floats
    unrest: float
    route: Route
    pace: Floats
    there: Mapping[str, pl.Series]
    commands: pl.Series | None = None
    cycle: Ints = field(default_factory=lambda: np.zeros(1, np.int64))

    @property
    def tenants(self) -> Tenants:
        """The pods' owners."""
        return self.fleet.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Samples, flows and process starts."""
        return [self._samples(rng, span), self._flows(rng, span), *self._processes(span)]

    def _samples(self, rng: Generator, span: Span) -> Batch:
        pod, time = self._active(*self.fleet.beats(span, rng, self.fleet.period))
        busy, count = self._busy(pod, time), len(pod)
        load = np.where(busy, self.load[pod], 0.01)
        util = np.clip(rng.normal(load, self.unrest, count), np.maximum(load - 3 * self.unrest, 0), 1.0)
        return self.fleet.samples(pod, time, {
            "gpu_model": "gpu-24g", "gpus": 1, "gpu_util": np.round(util, 3), "served": 0,
            "gpu_memory_util": np.round(np.maximum(rng.normal(0.7, 0.01, count) * load, 0), 3),
            "gpu_memory_used_mb": np.round(rng.normal(4_600, 5, count), 0),
            "gpu_power_w": np.round(np.maximum(self.fleet.watts[pod] * load * rng.normal(1.0, 0.012, count), 25), 1),
            "pcie_rx_mb": np.round(rng.uniform(0.1, 0.6, count), 1),
            "pcie_tx_mb": np.round(rng.uniform(0.1, 0.4, count), 1),
        })  # fmt: skip

    def _flows(self, rng: Generator, span: Span) -> Batch:
        pod, time = self._active(*self.fleet.beats(span, rng, 5 * MINUTE))
        busy = self._busy(pod, time)
        pod, time = pod[busy], time[busy]
        pods: dict[str, Column] = {**self.fleet.named(pod), **{n: pick(v, pod) for n, v in self.there.items()}}
        return thin_flows(rng, self.route, self.fleet.owner[pod], time, pods, self.pace[pod])

    def _processes(self, span: Span) -> list[Batch]:
        if self.commands is None:
            return []
        pod, _, time = beats(*self.spells.within(span), self.spells.begin, np.full(len(self.spells), 5 * HOUR))
        return [starts(self.fleet.owner[pod], time, self.fleet.named(pod), self.commands, pod)]

    def _active(self, pod: Ints, time: Ints) -> tuple[Ints, Ints]:
        held = self.spells.hold(pod, time)
        return pod[held], time[held]

    def _busy(self, pod: Ints, time: Ints) -> Bools:
        if not self.cycle.any():
            return np.ones(len(pod), np.bool_)
        turn, since = np.divmod(time - self.spells.begin[pod], self.cycle[pod])
        on = (10 + 10 * noise(self.tenants.salt + 8, pod, turn)) * MINUTE
        return since < on


def infection(setting: Setting, rng: Generator, count: int, estates: Tenants) -> Campaign:
    """Open miners, each in one more pod of a large account; every second such account at least stays clean."""
    infected = np.arange(0, len(estates), 2)[:count]
    spells = sometime(setting, rng, len(infected), 8, 60)
    actor = _open_miners(rng, deploy(rng, estates, "endpoint", infected, (30, 60), (171, 442)), spells)
    return _campaign("GPU miner in one pod of a large account", actor)


def hidden(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Accounts with an endpoint that only mines, two thirds of what it could, to a single TLS host, for a day or so."""
    tenants, fleet, spells = _deployed(setting, rng, count, "endpoint that only mines", (10, 60))
    actor = _hidden_miners(rng, fleet, spells)
    assert actor.tenants is tenants
    return _campaign("throttled miner behind port 443", actor)


def bursts(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Endpoints that mine ten to twenty minutes and rest for longer."""
    _, fleet, spells = _deployed(setting, rng, count, "endpoint that mines in bursts", (8, 72))
    actor = _hidden_miners(rng, fleet, spells)
    load = rng.uniform(0.93, 0.98, count)
    return _campaign("miner in bursts", replace(actor, load=load, cycle=whole(rng, 42, 80, count) * MINUTE))


def _deployed(
    setting: Setting, rng: Generator, count: int, name: str, hours: tuple[float, float]
) -> tuple[Tenants, Fleet, Spells]:  # fmt: skip
    spells = sometime(setting, rng, count, *hours)
    tenants = settle(rng, name, spells.begin - whole(rng, 2 * DAY, 40 * DAY, count), ("pro",))
    return tenants, deploy(rng, tenants, "endpoint", np.arange(count), (30, 60), (171, 442)), spells


def _open_miners(rng: Generator, fleet: Fleet, spells: Spells) -> Miners:
    """At full load, talking to a pool's own port, processes reported."""
    count = len(fleet.owner)
    host, port = pick(_POOLS, whole(rng, 0, 4, count)), pl.Series(_PORTS[whole(rng, 0, 4, count)])
    pool = joined(host, ":", port.cast(pl.String))
    commands = joined("./xmrig -o stratum+tcp://", pool, " -u wallet.rig --donate-level=0")
    load, pace = rng.uniform(0.97, 0.985, count), rng.uniform(16, 70, count)
    return Miners(fleet, spells, load, 0.005, _OPEN, pace, {"dst_host": host, "dst_port": port}, commands)


def _hidden_miners(rng: Generator, fleet: Fleet, spells: Spells) -> Miners:
    """Below full load, talking to a single TLS host, no process reported."""
    count = len(fleet.owner)
    host = joined("edge-", pl.Series(whole(rng, 1, 10_000, count)).cast(pl.String), ".relay.example")
    pace = rng.uniform(9, 40, count)
    return Miners(
        fleet, spells, rng.uniform(0.64, 0.71, count), 0.01, _HIDDEN, pace, {"dst_host": host, "tls_sni": host}
    )


def _campaign(name: str, actor: Miners) -> Campaign:
    fleet = actor.fleet
    pods = pl.Series([None] * len(fleet.tenants), dtype=pl.String).scatter(fleet.owner, fleet.names)
    return Campaign("cryptomining", name, actor, culprits={"workload_id": pods})
