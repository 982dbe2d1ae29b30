"""GPU pods of some accounts, whatever runs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import (
    MINUTE,
    SECOND,
    Floats,
    Generator,
    Ints,
    beats,
    fingerprints,
    pick,
    shaken,
    sizes,
    whole,
)
from streams.simulator.flows import Route, flows
from streams.simulator.tenants import Batch, Column, Span, Tenants


@dataclass(frozen=True)
class Fleet:
    """Pods of some accounts.

    `product`: gpu or endpoint; `owner`: each pod's account number; `period`: of sampling, in ms;
    `watts`: power at full load.
    """

    tenants: Tenants
    product: str
    owner: Ints
    names: Sequence[str]
    images: Sequence[str]
    period: Ints
    watts: Floats

    def by_account(self) -> dict[str, str]:
        """A pod of each account that has any."""
        owners = [self.tenants.rows[i]["account_id"] for i in self.owner.tolist()]
        return dict(zip(owners, self.names, strict=True))

    def beats(self, span: Span, rng: Generator, period: Ints | int) -> tuple[Ints, Ints]:
        """Each pod's regular moments in a block, a fifth of a second off: (pod, time)."""
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
    images = [f"sha256:{mark}" for mark in fingerprints(rng, count, 24)]
    names = [f"pod-{mark}" for mark in fingerprints(rng, count, 10)]
    period = whole(rng, every[0], every[1] + 1, count) * SECOND
    return Fleet(tenants, product, owner, names, images, period, rng.uniform(watts[0], watts[1], count))


def pod_owners(rng: Generator, count: int, most: int) -> Ints:
    """One to `most` pods for each of so many accounts."""
    return np.repeat(np.arange(count), whole(rng, 1, most + 1, count))
