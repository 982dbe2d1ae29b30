"""Inference endpoints, and the large accounts that train beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import MINUTE, SECOND, Floats, Generator, Ints, noise
from streams.simulator.fleet import Fleet, deploy, pod_owners
from streams.simulator.flows import Route
from streams.simulator.rhythm import Span, daylight
from streams.simulator.tenants import Batch, Setting, Tenants, aged, settle
from streams.simulator.training import Training, training

_SLOT = 10 * MINUTE
_LOGS = Route("logs.telemetry.example", 443, out_per_packet=(250, 900), in_per_packet=(60, 120))


@dataclass(frozen=True)
class Endpoints:
    """Idle most of the time, busy in bursts, output for every busy sample.

    `busy`: the chance of a busy block at mid-afternoon; `speed`: units served a second at full load.
    """

    fleet: Fleet
    busy: Floats
    speed: Floats

    @property
    def tenants(self) -> Tenants:
        """The pods' owners."""
        return self.fleet.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Samples, and logs sent off every five minutes."""
        return [self._samples(rng, span), self.fleet.flows(rng, span, 5, _LOGS, 9e4)]

    def _samples(self, rng: Generator, span: Span) -> Batch:
        pod, time = self.fleet.beats(span, rng, self.fleet.period)
        count = len(pod)
        util = np.clip(np.round(self._level(pod, time) * rng.gamma(2.0, 0.5, count) - 0.02, 3), 0, 0.95)
        served = np.ceil(util * self.speed[pod] * self.fleet.period[pod] / SECOND).astype(np.int64)
        return self.fleet.samples(pod, time, {
            "gpu_model": "gpu-24g", "gpus": 1, "gpu_util": util, "served": served,
            "gpu_memory_util": np.round(util * rng.uniform(0.3, 0.7, count), 3),
            "gpu_memory_used_mb": np.round(rng.normal(18_000, 50, count), 0),
            "gpu_power_w": np.round(45 + util * self.fleet.watts[pod] * rng.normal(1.0, 0.05, count), 1),
            "pcie_rx_mb": np.round(1 + util * rng.lognormal(4.0, 0.5, count), 1),
            "pcie_tx_mb": np.round(1 + util * rng.lognormal(3.0, 0.5, count), 1),
        })  # fmt: skip

    def _level(self, pod: Ints, time: Ints) -> Floats:
        """Asleep or at some load, for ten minutes each."""
        slot, place = np.unique(time // _SLOT, return_inverse=True)
        day = daylight(slot * _SLOT, np.ones(1))[place, 0]
        awake = noise(self.fleet.tenants.salt + 6, pod, slot[place]) < self.busy[pod] * day
        level: Floats = np.where(awake, 0.85 * noise(self.fleet.tenants.salt + 7, pod, slot[place]) ** 1.9, 0.02)
        return level


def endpoints(rng: Generator, tenants: Tenants, owner: Ints) -> Endpoints:
    """Endpoint pods of these owners, a sample a minute or so."""
    fleet = deploy(rng, tenants, "endpoint", owner, (57, 60), (150, 380))
    return Endpoints(fleet, rng.uniform(0.2, 0.95, len(owner)), rng.uniform(1.0, 12.0, len(owner)))


def servers(setting: Setting, rng: Generator, count: int) -> Endpoints:
    """Accounts with an inference endpoint or two."""
    tenants = settle(rng, "inference endpoint", aged(rng, setting, count), ("pro", "team", "enterprise"))
    return endpoints(rng, tenants, pod_owners(rng, count, 2))


def estates(setting: Setting, rng: Generator, count: int) -> tuple[Training, Endpoints]:
    """Large accounts: twelve training pods and nine endpoints each."""
    owners = np.arange(count)
    created = aged(rng, setting, len(owners))
    tenants = settle(rng, "large account, training and serving", created, ("enterprise",))
    return training(rng, tenants, np.repeat(owners, 12)), endpoints(rng, tenants, np.repeat(owners, 9))
