"""GPU pods of some accounts, whatever runs on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.draw import (
    MINUTE,
    SECOND,
    Floats,
    Generator,
    Ints,
    beats,
    shaken,
    sizes,
    whole,
)
from streams.simulator.flows import Route, flows
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Column, Tenants
from streams.simulator.texts import fingerprints, joined, names, pick


@dataclass(frozen=True)
class Fleet:
    """Pods of some accounts.

    `product`: gpu or endpoint; `owner`: each pod's account number; `period`: of sampling, in ms;
    `watts`: power at full load.
    """

    tenants: Tenants
    product: str
    owner: Ints
    names: pl.Series
    images: pl.Series
    period: Ints
    watts: Floats

    def beats(self, span: Span, rng: Generator, period: Ints | int) -> tuple[Ints, Ints]:
        """Each pod's regular moments in a span, a fifth of a second off: (pod, time)."""
        each = np.ones_like(self.owner)
        pod, _, time = beats(each * span[0], each * span[1], np.arange(len(each)) * 977, each * period)
        return pod, shaken(rng, time, 200.0, span)

    def samples(self, pod: Ints, time: Ints, columns: Mapping[str, Column]) -> Batch:
        """Compute events of these pods."""
        common = {"phase": "sample", "interval_s": self.period[pod] / SECOND, **self.named(pod)}
        return Batch("compute", self.owner[pod], time, {
            **common, "image_digest": pick(self.images, pod), **columns,
        })  # fmt: skip

    def flows(self, rng: Generator, span: Span, minutes: int, route: Route, median: float) -> Batch:
        """A flow of each pod every so many minutes, of log-normal size (`median` bytes)."""
        pod, time = self.beats(span, rng, minutes * MINUTE)
        size = sizes(rng, median, 0.5, len(pod))
        return flows(rng, route, self.owner[pod], time, self.named(pod), size)

    def named(self, pod: Ints) -> dict[str, Column]:
        """Which pods events come from."""
        return {"product": self.product, "workload_id": pick(self.names, pod)}


def deploy(rng: Generator, tenants: Tenants, product: str, owner: Ints, every: Span, watts: Span) -> Fleet:
    """Pods of these owners, each with a sampling period (s) and a full-load power (W) of its own."""
    count = len(owner)
    images, pods = joined("sha256:", fingerprints(rng, count)), names(rng, "pod-", count)
    period = whole(rng, every[0], every[1] + 1, count) * SECOND
    return Fleet(tenants, product, owner, pods, images, period, rng.uniform(watts[0], watts[1], count))


def pod_owners(rng: Generator, count: int, most: int) -> Ints:
    """One to `most` pods for each of so many accounts."""
    return np.repeat(np.arange(count), whole(rng, 1, most + 1, count))
