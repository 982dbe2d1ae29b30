"""Training pods on raw GPUs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import MINUTE, Floats, Generator, Ints
from streams.simulator.fleet import Fleet, deploy, pod_owners
from streams.simulator.flows import Route
from streams.simulator.processes import HONEST, starts
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Setting, Tenants, aged, settle

_DATA = Route("objects.store.example", 443, out_per_packet=(54, 80), in_per_packet=(1200, 1430))
_CHECKPOINT = Route("objects.store.example", 443, out_per_packet=(1200, 1430), in_per_packet=(54, 80))


@dataclass(frozen=True)
class Training:
    """All GPUs busy for as long as the run lasts; `wobble`: each pod's variation of power."""

    fleet: Fleet
    wobble: Floats

    @property
    def tenants(self) -> Tenants:
        """The pods' owners."""
        return self.fleet.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Samples, downloads of data sets, uploads of checkpoints, process starts."""
        reading = self.fleet.flows(rng, span, 20, _DATA, 6e9)
        saving = self.fleet.flows(rng, span, 60, _CHECKPOINT, 2e10)
        return [self._samples(rng, span), reading, saving, self._processes(rng, span)]

    def _samples(self, rng: Generator, span: Span) -> Batch:
        pod, time = self.fleet.beats(span, rng, self.fleet.period)
        count, pause = len(pod), rng.random(len(pod)) < 0.01  # a checkpoint, an evaluation
        util = np.where(pause, rng.uniform(0.2, 0.8, count), rng.normal(0.982, 0.003, count))
        watts = self.fleet.watts[pod] * rng.normal(1.0, self.wobble[pod], count) * np.where(pause, 0.7, 1.0)
        return self.fleet.samples(pod, time, {
            "gpu_model": "gpu-80g", "gpus": 8, "gpu_util": np.round(np.clip(util, 0, 1), 3),
            "gpu_memory_util": np.round(rng.uniform(0.45, 0.65, count), 3),
            "gpu_memory_used_mb": np.round(rng.normal(71_000, 300, count), 0),
            "gpu_power_w": np.round(np.maximum(watts, 60.0), 1),
            "pcie_rx_mb": np.round(rng.lognormal(8.0, 0.3, count), 1),
            "pcie_tx_mb": np.round(rng.lognormal(6.5, 0.4, count), 1),
        })  # fmt: skip

    def _processes(self, rng: Generator, span: Span) -> Batch:
        pod, time = self.fleet.beats(span, rng, 90 * MINUTE)
        command = rng.integers(0, len(HONEST), len(pod))
        return starts(self.fleet.owner[pod], time, self.fleet.named(pod), HONEST, command)


def training(rng: Generator, tenants: Tenants, owner: Ints) -> Training:
    """Training pods of these owners: 155–548 W a GPU, its variation 0.015–0.08."""
    fleet = deploy(rng, tenants, "gpu", owner, (50, 60), (155, 548))
    return Training(fleet, rng.uniform(0.015, 0.08, len(owner)))


def trainers(setting: Setting, rng: Generator, count: int) -> Training:
    """Accounts that rent raw GPUs and train."""
    tenants = settle(rng, "training on raw GPUs", aged(rng, setting, count), ("pro", "team", "enterprise"))
    return training(rng, tenants, pod_owners(rng, count, 2))
