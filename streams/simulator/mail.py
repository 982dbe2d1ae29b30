"""Honest senders of mail: newsletters to consenting lists, and receipts one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import (
    DAY,
    HOUR,
    MINUTE,
    Floats,
    Generator,
    Ints,
    daylight,
    fingerprints,
    judged,
    midnight,
    pick,
    spread,
    whole,
)
from streams.simulator.tenants import Batch, Setting, Span, Tenants, aged, settle

_WEEK = 14  # issues: two a day
_CLIENTS = ("example-mailer/2.4", "example-sdk-python/1.9")


@dataclass(frozen=True)
class Newsletters:
    """Two issues a day, each to thousands who asked for it, within an hour or so.

    `hours`: ms after midnight UTC at which the two issues begin; `length`: of an issue, in ms.
    """

    tenants: Tenants
    readers: Ints
    hours: Sequence[Ints]
    length: Ints
    bounced: Floats
    complained: Floats
    templates: Sequence[str]
    domains: Sequence[str]

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Messages of both issues in this block."""
        return [self._issue(span, rng, number) for number in range(2)]

    def _issue(self, span: Span, rng: Generator, number: int) -> Batch:
        begin = midnight(span[0]) + self.hours[number]
        shared = np.minimum(begin + self.length, span[1]) - np.maximum(begin, span[0])
        counts = rng.poisson(self.readers * np.maximum(shared, 0) / self.length)
        who, time = spread(rng, counts, np.full(len(counts), 0.8), span)
        issue = who * _WEEK + (span[0] // DAY * 2 + number) % _WEEK
        shares = (self.bounced[who], self.complained[who])
        return messages(rng, who, time, pick(self.templates, issue), pick(self.domains, who), shares)


@dataclass(frozen=True)
class Receipts:
    """Transactional mail: a few templates, one recipient each, by day.

    `peak`: messages an hour at mid-afternoon.
    """

    tenants: Tenants
    peak: Floats
    bounced: Floats
    templates: Sequence[str]
    domains: Sequence[str]

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Messages in this block."""
        zone = np.ones(len(self.peak))
        counts = rng.poisson(self.peak * daylight(span[0], zone) * (span[1] - span[0]) / HOUR)
        who, time = spread(rng, counts, 1.1 * zone, span)
        template = pick(self.templates, who * 4 + rng.choice(4, len(who), p=(0.5, 0.25, 0.15, 0.1)))
        shares = (self.bounced[who], np.full(len(who), 1e-4))
        return [messages(rng, who, time, template, pick(self.domains, who), shares)]


def messages(
    rng: Generator, who: Ints, time: Ints, template: list[str], domain: list[str],
    shares: tuple[Floats, Floats], recipients: Ints | int = 1,
) -> Batch:  # fmt: skip
    """Message events; `shares`: of each, the chance to bounce and to be complained about."""
    outcome = pick(("bounced", "complained", "delivered"), judged(rng, *shares))
    return Batch("message", who, time, {
        "product": "mail", "channel": "email",
        "recipients": recipients, "template_fingerprint": template, "url_domain": domain, "outcome": outcome,
    })  # fmt: skip


def newsletters(setting: Setting, rng: Generator) -> Newsletters:
    """Bulk mailers with consent: bounces 1–2 %, complaints under 0.1 %."""
    count = setting.count(4)
    tenants = settle(rng, "newsletter with consent", aged(rng, setting, count), ("team", "pro"), _CLIENTS)
    hours = [whole(rng, 7 * HOUR, 10 * HOUR, count), whole(rng, 15 * HOUR, 18 * HOUR, count)]
    length = whole(rng, 30 * MINUTE, 75 * MINUTE, count)
    bounced, complained = rng.uniform(0.01, 0.02, count), rng.uniform(0.0002, 0.0008, count)
    templates, domains = fingerprints(rng, count * _WEEK), [f"letters-{i}.example" for i in range(count)]
    readers = whole(rng, 1500, 4000, count)
    return Newsletters(tenants, readers, hours, length, bounced, complained, templates, domains)


def receipts(setting: Setting, rng: Generator) -> Receipts:
    """Shops that send receipts and passwords: bounces under 1 %."""
    count = setting.count(12)
    tenants = settle(rng, "transactional mail", aged(rng, setting, count), ("pro", "team"), _CLIENTS)
    domains = [f"shop-{i}.example" for i in range(count)]
    peak, bounced = rng.uniform(8, 50, count), rng.uniform(0.003, 0.008, count)
    return Receipts(tenants, peak, bounced, fingerprints(rng, count * 4), domains)
