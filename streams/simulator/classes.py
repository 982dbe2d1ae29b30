"""Classes and hackathons: dozens of accounts that sign up together from one network, each of little use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.callers import Callers, habits, rhythm
from streams.simulator.clients import own_ja4
from streams.simulator.draw import HOUR, MINUTE, Floats, Generator, Ints, noise, whole
from streams.simulator.jobs import Jobs, Load
from streams.simulator.networks import homes
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Setting, Tenants, grouped, settle
from streams.simulator.texts import fingerprints, joined, names, suffixed


@dataclass(frozen=True)
class Classes:
    """Some requests an hour for as long as the day lasts, and one short job on one GPU with the class's image."""

    callers: Callers
    jobs: Jobs

    @property
    def tenants(self) -> Tenants:
        """The pupils."""
        return self.callers.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests, and jobs of ten to forty minutes."""
        return [*self.callers.events(span, rng), *self.jobs.events(span, rng)]


def classes(setting: Setting, rng: Generator, count: int) -> Classes:
    """20 to 60 accounts a class, all within an hour, at any time of the run."""
    group = grouped(rng, count, 20, 60)
    many = int(group[-1]) + 1
    begun = setting.span[0] + whole(rng, 0, max(setting.length - 4 * HOUR, setting.length // 2), many)
    created = begun[group] + whole(rng, 0, min(50 * MINUTE, setting.length // 4), count)
    tenants = settle(rng, "class that signed up together", created, ("trial",), own=_shared(rng, group, many))
    return Classes(_asking(setting, rng, tenants, begun[group]), _exercises(rng, tenants, group))


def _shared(rng: Generator, group: Ints, many: int) -> dict[str, pl.Series]:
    """One computer room: network, TLS fingerprint, school; but a device and a key each."""
    place = {name: column[group] for name, column in homes(rng.integers(0, 1 << 64, many, np.uint64)).items()}
    return {**place, "ja4": own_ja4(rng, many)[group], "api_key_id": names(rng, "key-", len(group)),
            "email_domain": joined(suffixed("school-", np.arange(many)), ".example")[group]}  # fmt: skip


def _asking(setting: Setting, rng: Generator, tenants: Tenants, begun: Ints) -> Callers:
    count, length = len(tenants), rng.uniform(2, 4, len(tenants)) * HOUR

    def during(begin: Ints) -> Floats:
        since = begin[:, None] - begun
        level: Floats = np.where((since > -10 * MINUTE) & (since < length), 1.0, 0.03)
        return level

    peak = rng.uniform(3, 14, count)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count), level=during)


def _exercises(rng: Generator, tenants: Tenants, group: Ints) -> Jobs:
    count = len(tenants)
    begin = tenants.created + whole(rng, 10 * MINUTE, 70 * MINUTE, count)
    images = joined("sha256:", fingerprints(rng, int(group[-1]) + 1))[group]
    load = Load("gpu-24g", 0.45, 0.2, rng.uniform(150, 250, count), 0.1, 9_000, 0.3, (20, 900))
    each = (noise(tenants.salt, np.arange(count)) * (1 << 48)).astype(np.int64)
    return Jobs(np.arange(count), begin, begin + whole(rng, 10 * MINUTE, 40 * MINUTE, count), each, images,
                np.ones(count, np.int64), load)  # fmt: skip
