"""A simulated cloud: blocks of events and the labels of all accounts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from streams.simulator.campaigns import Campaign, campaigns
from streams.simulator.draw import HOUR, Generator, Ints
from streams.simulator.endpoints import estates
from streams.simulator.honest import honest, signups
from streams.simulator.lines import Made, ndjson
from streams.simulator.tenants import Actor, Setting, Span, Tenants

BLOCK_MS = 600_000
"""Length of a block, in ms."""

_START = 1_772_409_600_000  # 2026-03-02T00:00:00Z


@dataclass(frozen=True)
class Label:
    """What an account does in truth; `clause` is empty for an honest one.

    `start`, `end`: first and last event of the behaviour, in ms; for honest accounts, their time in the run.
    `workload_id`: the one pod that misbehaves, where it is one.
    """

    account_id: str
    clause: str
    name: str
    workload_id: str | None
    start: int
    end: int


class Cloud:
    """Tenants and campaigns drawn from a seed; any block can be made at any time."""

    def __init__(self, seed: int = 7, start: int = _START, hours: float = 30.0, scale: float = 1.0) -> None:
        if hours <= 0 or scale <= 0 or seed < 0:
            raise ValueError(f"hours and scale must be above 0, seed at least 0: {hours}, {scale}, {seed}")
        self.blocks = math.ceil(hours * HOUR / BLOCK_MS)
        self._seed = seed
        self._span = (start, start + self.blocks * BLOCK_MS)
        setting, draws = Setting(self._span, scale), self._draws()
        large = estates(setting, next(draws))
        self._campaigns = campaigns(setting, draws, large[0].tenants)
        actors: list[Actor] = [*large, *honest(setting, draws), *self._campaigns]
        self._tenants = list({id(actor.tenants): actor.tenants for actor in actors}.values())
        self._actors = [*actors, signups(self._tenants)]

    def block(self, number: int) -> bytes:
        """One block's events as NDJSON in order of time; depends on the arguments and the number alone."""
        if not 0 <= number < self.blocks:
            raise IndexError(f"block {number} of {self.blocks}")
        return ndjson([made for index in range(len(self._actors)) for made in self._made(index, number)])

    def labels(self) -> list[Label]:
        """Every account once: what it is, or what it does wrong."""
        labels = {label.account_id: label for tenants in self._tenants for label in self._honest(tenants)}
        first = len(self._actors) - 1 - len(self._campaigns)
        for index, campaign in enumerate(self._campaigns, first):
            labels |= {label.account_id: label for label in self._culprits(index, campaign)}
        return list(labels.values())

    def _draws(self) -> Iterator[Generator]:
        # numpy ignores a seed's trailing zeros: 0 is for settings, so blocks count from 1.
        return (np.random.default_rng([self._seed, population, 0]) for population in count())

    def _made(self, index: int, number: int) -> Iterator[Made]:
        rng = np.random.default_rng([self._seed, index, number + 1])
        actor = self._actors[index]
        for part, batch in enumerate(actor.events(self._block_span(number), rng)):
            yield f"e{index}-{number}-{part}-", actor.tenants, batch

    def _block_span(self, number: int) -> Span:
        begin = self._span[0] + number * BLOCK_MS
        return begin, begin + BLOCK_MS

    def _honest(self, tenants: Tenants) -> list[Label]:
        rows, (begin, end) = zip(tenants.rows, tenants.created.tolist(), strict=True), self._span
        return [Label(row["account_id"], "", tenants.name, None, max(begin, at), end) for row, at in rows]

    def _culprits(self, index: int, campaign: Campaign) -> list[Label]:
        made = [batch for number in range(self.blocks) for _, _, batch in self._made(index, number)]
        who, time = (np.concatenate(parts) for parts in zip(*((b.who, b.time) for b in made), strict=True))
        return [self._culprit(campaign, int(i), time[who == i]) for i in np.unique(who)]

    def _culprit(self, campaign: Campaign, who: int, times: Ints) -> Label:
        account, pods = campaign.tenants.rows[who]["account_id"], campaign.pods
        span = int(times.min()), int(times.max())
        return Label(account, campaign.clause, campaign.name, pods.get(account), *span)
