"""Studios that render: GPUs at 100 % for hours, little traffic, nothing served. All honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.draw import HOUR, MINUTE, Floats, Generator, Ints, beats, hashed, sizes, whole
from streams.simulator.flows import Route, flows
from streams.simulator.jobs import Jobs, Load
from streams.simulator.processes import starts
from streams.simulator.rhythm import Span, daily
from streams.simulator.tenants import Batch, Setting, Tenants, aged, settle
from streams.simulator.texts import fingerprints, joined, marks, pick

_FRAMES = Route("objects.store.example", 443, out_per_packet=(1200, 1430), in_per_packet=(54, 80))
_COMMAND = ("blender -b scene.blend -E CYCLES -o //frames/#### -a -- --cycles-device OPTIX",)


@dataclass(frozen=True)
class Studios:
    """A rendering a day, for some hours from some time on. `begin`, `length`: in ms, after midnight UTC."""

    tenants: Tenants
    begin: Ints
    length: Ints
    gpus: Ints
    images: pl.Series
    watts: Floats

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Samples, frames sent away every ten minutes, one process."""
        return [batch for *_, origin in daily(span, self.begin, self.length) for batch in self._day(span, rng, origin)]

    def _day(self, span: Span, rng: Generator, origin: Ints) -> list[Batch]:
        each = np.arange(len(origin))
        names = hashed(self.tenants.salt, each, origin).astype(np.int64)
        load = Load("gpu-48g", 0.996, 0.003, self.watts, 0.012, 31_000, 0.55, (40, 260))
        jobs = Jobs(each, origin, origin + self.length, names, self.images, self.gpus, load)
        return [*jobs.events(span, rng), self._frames(span, rng, origin, names), self._process(span, origin, names)]

    def _frames(self, span: Span, rng: Generator, origin: Ints, names: Ints) -> Batch:
        first, last = np.maximum(origin, span[0]), np.minimum(origin + self.length, span[1])
        who, _, time = beats(first, last, origin + 3 * MINUTE, np.full_like(origin, 10 * MINUTE))
        return flows(rng, _FRAMES, who, time, _named(names[who]), sizes(rng, 4e8, 0.5, len(who)))

    def _process(self, span: Span, origin: Ints, names: Ints) -> Batch:
        begun = origin + 20_000
        who = np.flatnonzero((begun >= span[0]) & (begun < span[1]))
        return starts(who, begun[who], _named(names[who]), _COMMAND, np.zeros_like(who))


def _named(names: Ints) -> dict[str, pl.Series | str]:
    return {"product": "gpu", "workload_id": joined("job-", marks(names.astype(np.uint64), 12))}


def studios(setting: Setting, rng: Generator, count: int) -> Studios:
    """Rendering studios: three to nine hours a day on one to eight GPUs."""
    tenants = settle(rng, "rendering studio", aged(rng, setting, count), ("pro", "team"))
    images = pick(joined("sha256:", fingerprints(rng, 3)), whole(rng, 0, 3, count))  # a few public images
    return Studios(tenants, whole(rng, 0, 15 * HOUR, count), whole(rng, 3 * HOUR, 9 * HOUR, count),
                   whole(rng, 1, 9, count), images, rng.uniform(250, 420, count))  # fmt: skip
