"""GPU jobs with a beginning and an end: renderings, exercises, whatever is over within hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.draw import SECOND, Floats, Generator, Ints, beats, clipped
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Column
from streams.simulator.texts import joined, marks, pick


@dataclass(frozen=True)
class Load:
    """What a job does to its GPUs. `util`: mean, `unrest`: its deviation; `wobble`: variation of power."""

    gpu_model: str
    util: float
    unrest: float
    watts: Floats
    wobble: float
    memory_mb: float
    memory_util: float
    pcie: tuple[float, float]


@dataclass(frozen=True)
class Jobs:
    """Jobs of some accounts: owner (account number), begin and end (ms), and how many GPUs each."""

    owner: Ints
    begin: Ints
    end: Ints
    names: Ints
    images: pl.Series
    gpus: Ints
    load: Load
    period_s: int = 60

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Start, samples, stop."""
        first, last = clipped(span, self.begin, self.end)
        period = np.full_like(self.owner, self.period_s * SECOND)
        job, number, time = beats(first, last, self.begin, period)
        sampled = number > 0
        job, time = job[sampled], time[sampled]
        return [
            self._phase("start", self.begin, span),
            self._samples(rng, job, time),
            self._phase("stop", self.end, span),
        ]

    def _phase(self, phase: str, moment: Ints, span: Span) -> Batch:
        job = np.flatnonzero((moment >= span[0]) & (moment < span[1]))
        return Batch("compute", self.owner[job], moment[job], {
            **self._named(job), "phase": phase, "gpu_model": self.load.gpu_model, "gpus_requested": self.gpus[job],
        })  # fmt: skip

    def _samples(self, rng: Generator, job: Ints, time: Ints) -> Batch:
        return Batch("compute", self.owner[job], time, {
            **self._named(job), "phase": "sample", "gpus": self.gpus[job], "interval_s": float(self.period_s),
            **sampled(rng, self.load, self.load.watts[self.owner[job]]),
        })  # fmt: skip

    def _named(self, job: Ints) -> Mapping[str, Column]:
        return {"product": "gpu", "workload_id": joined("job-", marks(self.names[job].astype(np.uint64), 12)),
                "image_digest": pick(self.images, job)}  # fmt: skip


def sampled(rng: Generator, load: Load, watts: Floats) -> dict[str, Column]:
    """Columns of samples under a load; watts: at full load, a row each."""
    count = len(watts)
    util = np.clip(rng.normal(load.util, load.unrest, count), 0, 1)
    least, most = load.pcie
    return {
        "gpu_model": load.gpu_model, "gpu_util": np.round(util, 3),
        "gpu_memory_util": np.round(np.clip(rng.normal(load.memory_util, 0.02, count), 0, 1), 3),
        "gpu_memory_used_mb": np.round(rng.normal(load.memory_mb, 40, count), 0),
        "gpu_power_w": np.round(np.maximum(watts * (0.2 + 0.8 * util) * rng.normal(1.0, load.wobble, count), 30), 1),
        "pcie_rx_mb": np.round(rng.uniform(least, most, count), 1),
        "pcie_tx_mb": np.round(rng.uniform(least, most, count) * 0.6, 1),
    }  # fmt: skip
