"""Labelled abuse: who does what from when to when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from streams.simulator.draw import DAY, MINUTE, Generator, whole
from streams.simulator.fleet import deploy
from streams.simulator.miners import open_miners, throttled_miners
from streams.simulator.scrapers import scrapers
from streams.simulator.spammers import spammers
from streams.simulator.tenants import Actor, Batch, Setting, Span, Tenants, aged, settle


@dataclass(frozen=True)
class Campaign:
    """An actor that breaks a clause while active; `pods`: the one pod that does, by account."""

    clause: str
    name: str
    active: Span
    actor: Actor
    pods: Mapping[str, str] = field(default_factory=dict)

    @property
    def tenants(self) -> Tenants:
        """Whose events these are."""
        return self.actor.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """The actor's events in the active part of a block."""
        part = max(span[0], self.active[0]), min(span[1], self.active[1])
        return self.actor.events(part, rng) if part[0] < part[1] else []


def campaigns(setting: Setting, draws: Iterator[Generator], estates: Tenants) -> list[Campaign]:
    """All labelled abuse; the first kind sits in honest accounts."""
    own = [make(setting, next(draws)) for make in (_hidden_miner, _spam_run, _scraping)]
    return [_gpu_miner(setting, next(draws), estates), *own]


def _gpu_miner(setting: Setting, rng: Generator, estates: Tenants) -> Campaign:
    active = _sometime(setting, rng, 0.20, 0.85)
    infected = np.arange(0, len(estates), 2)  # every second large account stays honest
    fleet = deploy(rng, estates, "endpoint", infected, (30, 60), (171, 442))
    miners = open_miners(rng, fleet, active[0])
    name = "GPU miner in one pod of a large account"
    return Campaign("cryptomining", name, active, miners, fleet.by_account())


def _hidden_miner(setting: Setting, rng: Generator) -> Campaign:
    active, count = _sometime(setting, rng, 0.30, 0.95), setting.count(1)
    tenants = settle(rng, "endpoint that only mines", aged(rng, setting, count, 20), ("pro",))
    fleet = deploy(rng, tenants, "endpoint", np.arange(count), (30, 60), (171, 442))
    miners = throttled_miners(rng, fleet, active[0])
    return Campaign("cryptomining", "throttled miner behind port 443", active, miners, fleet.by_account())


def _spam_run(setting: Setting, rng: Generator) -> Campaign:
    active, count = _sometime(setting, rng, 0.40, 0.60), setting.count(1)
    created = np.maximum(active[0] - whole(rng, 8 * MINUTE, 40 * MINUTE, count), setting.span[0])
    return Campaign("spam", "spam run from a new trial account", active, spammers(rng, created))


def _scraping(setting: Setting, rng: Generator) -> Campaign:
    active, count = _sometime(setting, rng, 0.35, 0.80), setting.count(1)
    created = setting.span[0] - whole(rng, 2 * DAY, 6 * DAY, count)
    actor = scrapers(rng, created, active[0])
    return Campaign("scraping", "API scraper walking the item list", active, actor)


def _sometime(setting: Setting, rng: Generator, begin: float, end: float) -> Span:
    late = float(rng.uniform(0, 0.05))
    return setting.part(begin + late, end + late)
