"""Senders of unwanted mail: thousands an hour, or few for days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import PYTHON, REQUESTS
from streams.simulator.draw import DAY, HOUR, MINUTE, Floats, Generator, chosen, spread, whole
from streams.simulator.mail import domains_of, messages
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Setting, Tenants, settle
from streams.simulator.texts import fingerprints, pick


@dataclass(frozen=True)
class Spammers:
    """A few texts to people who never asked for them.

    `pace`: messages an hour; `most`: recipients of one; `bounced`, `complained`: shares of messages; `texts`: how
    many texts an account has, the first used most.
    """

    tenants: Tenants
    spells: Spells
    pace: Floats
    most: int
    bounced: Floats
    complained: Floats
    texts: int
    templates: pl.Series
    domains: pl.Series

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Messages."""
        first, last = self.spells.within(span)
        counts = rng.poisson(self.pace * self.spells.shared(span) / HOUR)
        who, time = spread(rng, counts, np.full(len(counts), 0.5), first, last)
        text = chosen(rng.random(len(who)), (7, 3, 2, 2, 1, 1)[: self.texts])
        shares, recipients = (self.bounced[who], self.complained[who]), whole(rng, 1, self.most + 1, len(who))
        return [messages(rng, who, time, pick(self.templates, who * self.texts + text), pick(self.domains, who), shares,
                         recipients)]  # fmt: skip


def loud(setting: Setting, rng: Generator, count: int) -> Campaign:
    """New trial accounts, 350–650 messages an hour to up to a dozen people each: bounces 8–20 %, complaints 0.3–1 %."""
    spells = sometime(setting, rng, count, 2, 8)
    created = np.maximum(spells.begin - whole(rng, 8 * MINUTE, 40 * MINUTE, count), setting.span[0])
    tenants = settle(rng, "spammer", created, ("trial",), (REQUESTS,), keyed=True)
    actor = Spammers(tenants, spells, rng.uniform(350, 650, count), 12, rng.uniform(0.08, 0.2, count),
                     rng.uniform(0.003, 0.01, count), 2, fingerprints(rng, 2 * count),
                     domains_of("prize-", count))  # fmt: skip
    return Campaign("spam", "spam run from a new trial account", actor)


def slow(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Paid accounts that write to 20–70 people an hour, day and night, for days: bounces 6–15 %."""
    spells = sometime(setting, rng, count, 20, 240)
    created = spells.begin - whole(rng, DAY, 20 * DAY, count)
    tenants = settle(rng, "slow spammer", created, ("pro",), (PYTHON,), keyed=True)
    actor = Spammers(tenants, spells, rng.uniform(15, 45, count), 2, rng.uniform(0.06, 0.15, count),
                     rng.uniform(0.002, 0.008, count), 6, fingerprints(rng, 6 * count),
                     domains_of("offer-", count))  # fmt: skip
    return Campaign("spam", "slow spam, below a hundred recipients an hour", actor)
