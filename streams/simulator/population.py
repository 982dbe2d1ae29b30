"""Everybody in a cloud, drawn from a seed: honest tenants, campaigns, and whoever signs up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from streams.simulator.campaigns import campaigns
from streams.simulator.console import console
from streams.simulator.draw import Generator
from streams.simulator.endpoints import estates
from streams.simulator.honest import ESTATES, honest
from streams.simulator.rhythm import Span
from streams.simulator.signups import signups
from streams.simulator.spells import Campaign
from streams.simulator.tenants import Actor, Batch, Setting, Tenants

FEWEST = 80
"""Honest accounts in the smallest cloud."""


@dataclass(frozen=True)
class Population:
    """All actors; `steady` of them, and then as many campaigns, come first."""

    seed: int
    steady: int
    campaigns: Sequence[Campaign]
    actors: Sequence[Actor]
    tenants: Sequence[Tenants]

    def batches(self, index: int, span: Span, number: int) -> list[Batch]:
        """What one actor does in a span, which is the numbered one of the run."""
        return self.actors[index].events(span, np.random.default_rng([self.seed, index, number + 1]))

    def guilty(self) -> Iterator[tuple[int, Campaign]]:
        """The campaigns with their numbers among actors."""
        return enumerate(self.campaigns, self.steady)


def populate(seed: int, setting: Setting, share: float, steady: float = 1.0, exact: bool = False) -> Population:
    """A cloud's population.

    share: of accounts that are guilty; steady: what the number of accounts with a pace of their own is multiplied
    with; exact: whether campaigns count among setting.accounts, rather than come beside them. Raises ValueError.
    """
    draws = _draws(seed)
    large = estates(setting, next(draws), max(2, round(ESTATES * setting.accounts / 300 * steady)))
    guilty = campaigns(setting, draws, large[0].tenants, share)
    taken = sum(map(len, _distinct([*large, *(campaign.actor for campaign in guilty)])))
    number = setting.accounts - taken if exact else max(setting.accounts, FEWEST)
    flexible, machines = honest(setting, draws, number, steady)
    beside = [actor for campaign in guilty for actor in campaign.beside]
    consoles = [console(setting, tenants) for tenants in _distinct([*large, *machines, *flexible])]
    actors: list[Actor] = [*large, *machines, *guilty, *flexible, *beside, *consoles]
    everyone = _distinct(actors)
    return Population(seed, len(large) + len(machines), guilty, [*actors, signups(everyone, setting.span)], everyone)


def _draws(seed: int) -> Iterator[Generator]:
    # numpy ignores a seed's trailing zeros: 0 is for populations, so spans count from 1.
    return (np.random.default_rng([seed, population, 0]) for population in count())


def _distinct(actors: Sequence[Actor]) -> list[Tenants]:
    return list({id(actor.tenants): actor.tenants for actor in actors}.values())
