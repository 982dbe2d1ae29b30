"""People who chat: alone, in offices behind one address, and customers who change within the run."""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.simulator.callers import Callers, habits, rhythm, roaming
from streams.simulator.clients import BROWSERS, SDKS, own_ja4
from streams.simulator.draw import DAY, HOUR, Floats, Generator, Ints, sizes, whole
from streams.simulator.networks import homes
from streams.simulator.tenants import Setting, Tenants, aged, grouped, settle
from streams.simulator.verdicts import harmless

LOOKED_AT = 0.12
"""Share of chat requests that a classifier sees."""


def chat_users(setting: Setting, rng: Generator, count: int) -> Callers:
    """Mostly old trial and pro accounts; one in ten signed up within a day or so of the run."""
    created = aged(rng, setting, count)
    fresh = rng.random(count) < 0.1
    created[fresh] = whole(rng, setting.span[0] - DAY, setting.span[1], count)[fresh]
    clients = BROWSERS + SDKS
    tenants = settle(rng, "interactive chat user", created, ("trial", "trial", "pro"), clients, keyed=True)
    return chatting(setting, rng, tenants, np.minimum(sizes(rng, 12.0, 0.8, count), 90).astype(np.float64))


def chatting(setting: Setting, rng: Generator, tenants: Tenants, peak: Floats) -> Callers:
    """People at home who are out now and then; peak: requests an hour."""
    count = len(tenants)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count),
                   judged=harmless(rng, tenants.salt, count, LOOKED_AT),
                   more=lambda _rng, who, time: roaming(tenants, who, time))  # fmt: skip


def offices(setting: Setting, rng: Generator, count: int) -> Callers:
    """Offices of 30 to 200 accounts with one address and one kind of computer each, by the same working day."""
    office = grouped(rng, count, 30, 200)
    many = int(office[-1]) + 1
    place = {name: column[office] for name, column in homes(rng.integers(0, 1 << 64, many, np.uint64)).items()}
    agent = pl.Series([agent for agent, _ in BROWSERS[:2]])[whole(rng, 0, 2, many)[office]]
    tenants = settle(rng, "office behind one address", aged(rng, setting, count), ("pro", "team"),
                     own={**place, "user_agent": agent, "ja4": own_ja4(rng, many)[office]})  # fmt: skip
    peak = sizes(rng, 4.0, 0.7, count, 40).astype(np.float64)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count),
                   judged=harmless(rng, tenants.salt, count, LOOKED_AT))  # fmt: skip


def migrants(setting: Setting, rng: Generator, count: int) -> Callers:
    """Customers who all go over to a new model on one day, within some hours of each other."""
    tenants = settle(rng, "customer going over to a new model", aged(rng, setting, count), ("team", "enterprise"), SDKS,
                     keyed=True)  # fmt: skip
    model, apps = habits(rng, count)
    moment = setting.span[0] + int(setting.length * rng.uniform(0.3, 0.7))
    since = moment + (rng.normal(0, min(3 * HOUR, setting.length // 20), count)).astype(np.int64)
    peak = sizes(rng, 25.0, 0.5, count, 120).astype(np.float64)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), model, apps, newer=since)


def growers(setting: Setting, rng: Generator, count: int) -> Callers:
    """Customers who grow three to eight times over, within some hours, and stay so."""
    tenants = settle(rng, "customer who grows several times over", aged(rng, setting, count, 60), ("pro", "team"), SDKS,
                     keyed=True)  # fmt: skip
    times, middle = rng.uniform(3, 8, count), setting.span[0] + setting.length * rng.uniform(0.2, 0.8, count)
    within = np.minimum(rng.uniform(1, 12, count) * HOUR, setting.length / 10)

    def grown(begin: Ints) -> Floats:
        level: Floats = 1 + (times - 1) / (1 + np.exp(-np.clip((begin[:, None] - middle) / within * 4, -50, 50)))
        return level

    peak = sizes(rng, 8.0, 0.5, count, 40).astype(np.float64)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count), level=grown)
