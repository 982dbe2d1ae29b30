"""All honest kinds of tenants, and how many there are of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streams.simulator.api import customers, dashboards
from streams.simulator.chat import chat_users, growers, migrants, offices
from streams.simulator.classes import classes
from streams.simulator.draw import Generator
from streams.simulator.endpoints import servers
from streams.simulator.machines import evaluations, nightly_jobs
from streams.simulator.mail import newsletters, receipts
from streams.simulator.moderators import moderators
from streams.simulator.organisations import apps, global_firms, serverless
from streams.simulator.rendering import studios
from streams.simulator.retries import retriers
from streams.simulator.tenants import Actor, Setting
from streams.simulator.training import trainers
from streams.simulator.web import crawlers, visitors


@dataclass(frozen=True)
class Kind:
    """A kind of tenants.

    `share`: how many of 300 accounts; `steady`: whether its events come at a pace of their own, whatever people do.
    """

    make: Callable[[Setting, Generator, int], Actor]
    share: float
    steady: bool = False


ESTATES = 2
"""Large accounts among 300."""

KINDS = (
    Kind(chat_users, 91), Kind(offices, 30), Kind(classes, 22), Kind(visitors, 36), Kind(customers, 14),
    Kind(receipts, 12), Kind(newsletters, 2), Kind(apps, 3), Kind(moderators, 2), Kind(serverless, 4),
    Kind(global_firms, 2), Kind(retriers, 6), Kind(migrants, 6), Kind(growers, 6),
    Kind(nightly_jobs, 6, steady=True), Kind(evaluations, 2, steady=True), Kind(trainers, 8, steady=True),
    Kind(servers, 13, steady=True), Kind(studios, 3, steady=True), Kind(crawlers, 2, steady=True),
    Kind(dashboards, 3, steady=True),
)  # fmt: skip
"""The first takes up whoever is left over."""


def honest(setting: Setting, draws: Iterator[Generator], count: int, steady: float) -> tuple[list[Actor], list[Actor]]:
    """An actor a kind, `count` accounts in all: those that follow people's pace, and the steady ones.

    steady: what the shares of steady kinds are multiplied with. Raises ValueError.
    """
    total = sum(kind.share for kind in KINDS)
    counts = [max(1, round(count * kind.share / total * (steady if kind.steady else 1.0))) for kind in KINDS]
    counts[0] += count - sum(counts)
    if counts[0] < 1:
        raise ValueError(f"{setting.accounts} accounts are too few for some of each kind and these campaigns")
    made = [kind.make(setting, draw, number) for kind, number, draw in zip(KINDS, counts, draws, strict=False)]
    return ([actor for kind, actor in zip(KINDS, made, strict=True) if not kind.steady],
            [actor for kind, actor in zip(KINDS, made, strict=True) if kind.steady])  # fmt: skip
