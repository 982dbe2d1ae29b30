"""An attacker who plays with time: events delivered late, stamped hours ago or just ahead, and delivered twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import DAY, HOUR, MINUTE, SECOND, Generator, Ints, among, repeated, whole
from streams.simulator.rhythm import Span
from streams.simulator.scrapers import Scrapers, fast
from streams.simulator.spells import Campaign, sometime
from streams.simulator.tenants import Batch, Setting, Tenants

_SHARES = (30, 45, 10, 15)  # punctual, minutes late, hours ago, just ahead
_AHEAD = 50 * SECOND
_TWICE = 0.04


@dataclass(frozen=True)
class Tricksters:
    """Scrapers whose events tell lies about when they were."""

    scrapers: Scrapers

    @property
    def tenants(self) -> Tenants:
        """Who they are."""
        return self.scrapers.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """What they really do, as it is delivered."""
        return [self._told(batch, span, rng) for batch in self.scrapers.events(span, rng)]

    def _told(self, batch: Batch, span: Span, rng: Generator) -> Batch:
        claimed = batch.time - _lag(rng, len(batch.time))
        row, copy = repeated(1 + (rng.random(len(batch.time)) < _TWICE).astype(np.int64))
        arrival = np.minimum(batch.time[row] + copy * whole(rng, 1, 30, len(row)) * SECOND, span[1] - 1)
        columns = batch.rows(row).columns
        return Batch(batch.type, batch.who[row], claimed[row], columns, arrival, number=row)


def _lag(rng: Generator, count: int) -> Ints:
    """How long before its delivery each event says it was, in ms; below 0: after."""
    drawn = [np.zeros(count, np.int64), whole(rng, MINUTE, 20 * MINUTE, count), whole(rng, HOUR, 9 * HOUR, count)]
    return np.choose(among(rng, _SHARES, count), [*drawn, np.full(count, -_AHEAD)])


def tricksters(setting: Setting, rng: Generator, count: int) -> Campaign:
    """API scrapers who play with time."""
    spells = sometime(setting, rng, count, 3, 10)
    scrapers = fast(rng, "scraper who plays with time", spells.begin - whole(rng, 2 * DAY, 6 * DAY, count), spells)
    return Campaign("scraping", "API scraper whose events come late, early and twice", Tricksters(scrapers))
