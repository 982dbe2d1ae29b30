"""All labelled abuse: which kinds there are, how long a run each needs, and how many of each there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from streams.simulator import extraction, scrapers, spammers
from streams.simulator.bombing import bombings
from streams.simulator.content import end_user_offenders, offenders
from streams.simulator.draw import HOUR, Generator
from streams.simulator.farms import FARM, farms
from streams.simulator.miners import bursts, hidden, infection
from streams.simulator.resale import resellers
from streams.simulator.spells import Campaign
from streams.simulator.takeover import takeovers
from streams.simulator.tenants import Setting, Tenants
from streams.simulator.theft import stolen_keys
from streams.simulator.timetricks import tricksters

Make = Callable[[Setting, Generator, int], Campaign]


@dataclass(frozen=True)
class Kind:
    """A kind of campaign: how many guilty accounts one has on average, and the hours of a run that it needs."""

    make: Make
    accounts: float = 1.0
    needs: float = 0.0


KINDS = (
    Kind(hidden), Kind(bursts), Kind(spammers.loud), Kind(spammers.slow, needs=24), Kind(scrapers.loud),
    Kind(scrapers.slow, needs=24), Kind(tricksters), Kind(resellers, needs=20), Kind(stolen_keys), Kind(takeovers),
    Kind(farms, FARM), Kind(extraction.clusters, extraction.CLUSTER, needs=24), Kind(extraction.loud),
    Kind(offenders), Kind(end_user_offenders), Kind(bombings, 0.0),
)  # fmt: skip


def campaigns(setting: Setting, draws: Iterator[Generator], estates: Tenants, share: float) -> list[Campaign]:
    """About this share of all accounts guilty, but one campaign of each kind at least; none where it is 0.

    Kinds that need days are left out of shorter runs.
    """
    if not share:
        return []
    makes = [Kind(partial(_infection, estates)), *KINDS]
    fitting = [kind for kind in makes if kind.needs * HOUR <= setting.length]
    rounds = share * setting.accounts / sum(kind.accounts for kind in fitting)
    return [kind.make(setting, draw, _count(draw, rounds)) for kind, draw in zip(fitting, draws, strict=False)]


def _infection(estates: Tenants, setting: Setting, rng: Generator, count: int) -> Campaign:
    return infection(setting, rng, count, estates)


def _count(rng: Generator, rounds: float) -> int:
    return max(1, int(rounds + rng.random()))
