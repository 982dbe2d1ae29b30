"""Honest senders of mail: newsletters to consenting lists, and receipts one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import MAILER, PYTHON
from streams.simulator.draw import DAY, HOUR, MINUTE, Floats, Generator, Ints, judged, spread, whole
from streams.simulator.rhythm import Rhythm, Span, daily
from streams.simulator.tenants import Batch, Setting, Tenants, aged, settle
from streams.simulator.texts import fingerprints, joined, pick, suffixed

_WEEK = 14  # issues: two a day
_CLIENTS = (MAILER, PYTHON)


@dataclass(frozen=True)
class Newsletters:
    """Two issues a day, each to thousands who asked for it, within an hour or so.

    `hours`: ms after midnight UTC at which the two issues begin; `length`: of an issue, in ms.
    """

    tenants: Tenants
    readers: Floats
    hours: Sequence[Ints]
    length: Ints
    bounced: Floats
    complained: Floats
    templates: pl.Series
    domains: pl.Series

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Messages of both issues, whichever fall in a span."""
        return [self._issue(rng, number, *issue) for number, hour in enumerate(self.hours)
                for issue in daily(span, hour, self.length)]  # fmt: skip

    def _issue(self, rng: Generator, number: int, first: Ints, last: Ints, origin: Ints) -> Batch:
        shared = np.maximum(last - first, 0)
        counts = rng.poisson(self.readers * shared / self.length)
        who, time = spread(rng, counts, np.full(len(counts), 0.8), first, last)
        issue = who * _WEEK + (origin[who] // DAY * 2 + number) % _WEEK
        shares = (self.bounced[who], self.complained[who])
        return messages(rng, who, time, pick(self.templates, issue), pick(self.domains, who), shares)


@dataclass(frozen=True)
class Receipts:
    """Transactional mail: a few templates, one recipient each, by day."""

    tenants: Tenants
    rhythm: Rhythm
    bounced: Floats
    templates: pl.Series
    domains: pl.Series

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Messages."""
        who, time = self.rhythm.arrivals(rng, span)
        template = pick(self.templates, who * 4 + rng.choice(4, len(who), p=(0.5, 0.25, 0.15, 0.1)))
        shares = (self.bounced[who], np.full(len(who), 1e-4))
        return [messages(rng, who, time, template, pick(self.domains, who), shares)]


def messages(
    rng: Generator, who: Ints, time: Ints, template: pl.Series, domain: pl.Series,
    shares: tuple[Floats, Floats], recipients: Ints | int = 1,
) -> Batch:  # fmt: skip
    """Message events; `shares`: of each, the chance to bounce and to be complained about."""
    outcome = pick(("bounced", "complained", "delivered"), judged(rng, *shares))
    return Batch("message", who, time, {
        "product": "mail", "channel": "email",
        "recipients": recipients, "template_fingerprint": template, "url_domain": domain, "outcome": outcome,
    })  # fmt: skip


def newsletters(setting: Setting, rng: Generator, count: int) -> Newsletters:
    """Bulk mailers with consent: bounces 1–2 %, complaints under 0.1 %."""
    tenants = settle(rng, "newsletter with consent", aged(rng, setting, count), ("team", "pro"), _CLIENTS, keyed=True)
    hours = [whole(rng, 7 * HOUR, 10 * HOUR, count), whole(rng, 15 * HOUR, 18 * HOUR, count)]
    length = whole(rng, 30 * MINUTE, 75 * MINUTE, count)
    bounced, complained = rng.uniform(0.01, 0.02, count), rng.uniform(0.0002, 0.0008, count)
    templates, domains = fingerprints(rng, count * _WEEK), domains_of("letters-", count)
    readers = whole(rng, 1500, 4000, count) * setting.pace
    return Newsletters(tenants, readers, hours, length, bounced, complained, templates, domains)


def receipts(setting: Setting, rng: Generator, count: int) -> Receipts:
    """Shops that send receipts and passwords: bounces under 1 %."""
    tenants = settle(rng, "transactional mail", aged(rng, setting, count), ("pro", "team"), _CLIENTS, keyed=True)
    peak, bounced = rng.uniform(8, 50, count), rng.uniform(0.003, 0.008, count)
    rhythm = Rhythm(peak * setting.pace, np.full(count, 1.1), np.ones(count), tenants.salt)
    return Receipts(tenants, rhythm, bounced, fingerprints(rng, count * 4), domains_of("shop-", count))


def domains_of(prefix: str, count: int) -> pl.Series:
    """A domain each, under .example."""
    return joined(suffixed(prefix, np.arange(count)), ".example")
