"""Programs that copy what we offer: as fast as they can, or a page a minute around the clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.api import API_HOST
from streams.simulator.clients import BROWSERS, REQUESTS
from streams.simulator.draw import DAY, Floats, Generator, Ints, beats, judged, shaken, sizes, whole
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Setting, Tenants, settle
from streams.simulator.texts import suffixed
from streams.simulator.web import PAGES_HOST, fetches

_STATUS = np.array([404, 429, 200])


@dataclass(frozen=True)
class Scrapers:
    """Item after item.

    `period`: between requests, in ms; `unrest`: its deviation as a share; `first`: number of the first item;
    `failing`: share answered 4xx; `path`: of items, on `host`.
    """

    tenants: Tenants
    spells: Spells
    period: Ints
    unrest: float
    first: Ints
    failing: Floats
    product: str = "api"
    host: str = API_HOST
    path: str = "/api/v1/items/"

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Ascending items."""
        begin, end = self.spells.within(span)
        who, number, time = beats(begin, end, self.spells.begin, self.period)
        moved = shaken(rng, time, self.unrest * self.period[who], span)
        time = np.clip(moved, self.spells.begin[who], self.spells.end[who] - 1)
        missing = self.failing[who]
        status = _STATUS[judged(rng, 0.85 * missing, 0.15 * missing)]
        path = suffixed(self.path, self.first[who] + number)
        return [fetches(who, time, self.product, self.host, path, status, sizes(rng, 2_200.0, 0.3, len(who)))]


def fast(rng: Generator, name: str, created: Ints, spells: Spells) -> Scrapers:
    """Trial accounts with a client that honest customers use too: an item each 1.2–2.2 s, 4xx 2–10 %."""
    tenants, count = settle(rng, name, created, ("trial",), (REQUESTS,), keyed=True), len(created)
    first, period = whole(rng, 1, 50_000, count), whole(rng, 1_200, 2_200, count)
    return Scrapers(tenants, spells, period, 0.05, first, rng.uniform(0.02, 0.1, count))


def loud(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Scrapers of the API's item list."""
    spells = sometime(setting, rng, count, 3, 12)
    actor = fast(rng, "scraper", spells.begin - whole(rng, 2 * DAY, 6 * DAY, count), spells)
    return Campaign("scraping", "API scraper walking the item list", actor)


def slow(setting: Setting, rng: Generator, count: int) -> Campaign:
    """One page of the catalogue a minute, give or take half of that, day and night, without its assets."""
    spells = sometime(setting, rng, count, 20, 240)
    tenants = settle(
        rng, "slow scraper", spells.begin - whole(rng, 5 * DAY, 60 * DAY, count), ("trial", "pro"), BROWSERS[:2]
    )
    actor = Scrapers(tenants, spells, whole(rng, 50_000, 75_000, count), 0.3, whole(rng, 1, 9_000, count),
                     rng.uniform(0.01, 0.05, count), "web", PAGES_HOST, "/catalogue/")  # fmt: skip
    return Campaign("scraping", "slow scraper, a page a minute around the clock", actor)
