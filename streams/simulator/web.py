"""Honest readers of our pages: people with browsers, and a crawler that asks first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import BROWSERS, CRAWLER
from streams.simulator.draw import HOUR, MINUTE, Generator, Ints, among, beats, following, repeated, sizes, whole
from streams.simulator.rhythm import Rhythm, Span, daily
from streams.simulator.tenants import Batch, Column, Setting, Tenants, aged, settle
from streams.simulator.texts import pick, suffixed

PAGES_HOST = "www.cloud.example"
_PAGES = (
    "/",
    "/pricing",
    "/models",
    "/docs/start",
    "/docs/api",
    "/docs/limits",
    "/blog",
    "/status",
    "/console",
)
_STATUS = np.array([200, 304, 404])
_SHARES = (5, 3, 3, 3, 4, 2, 2, 1, 6)
_ASSETS = tuple(f"/assets/{name}" for name in (
    "site.css", "print.css", "app.js", "vendor.js", "logo.png", "hero.png", "icons.png", "menu.js",
))  # fmt: skip
_CATALOGUE, _STRIDE = 48_611, 7_919  # primes: a visit reaches every page once, in no order


@dataclass(frozen=True)
class Visitors:
    """People with browsers: a few pages at a time, each with its assets, by day."""

    tenants: Tenants
    rhythm: Rhythm

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Pages half a minute or so apart, then each page's assets within two seconds."""
        visitor, come = self.rhythm.arrivals(rng, span)
        visit, page_number = repeated(whole(rng, 1, 9, len(visitor)))
        time = following(come[visit], page_number * 25_000 + whole(rng, 0, 20_000, len(visit)), span[1])
        who, page = visitor[visit], among(rng, _SHARES, len(visit))
        typed = rng.random(len(who)) < 0.15
        return [
            self._pages(rng, who[typed], time[typed], page[typed]),
            self._pages(rng, who[~typed], time[~typed], page[~typed], linked=True),
            self._assets(rng, who, time, page, span),
        ]

    def _pages(self, rng: Generator, who: Ints, time: Ints, page: Ints, linked: bool = False) -> Batch:
        came = ("https://search.example/", f"https://{PAGES_HOST}/", f"https://{PAGES_HOST}/docs/start")
        status = _STATUS[among(rng, (0.9, 0.09, 0.01), len(who))]
        size = sizes(rng, 24_000.0, 0.6, len(who))
        referrer = {"referrer": pick(came, among(rng, (2, 4, 2), len(who)))} if linked else {}
        return fetches(who, time, "web", PAGES_HOST, pick(_PAGES, page), status, size, **referrer)

    def _assets(self, rng: Generator, who: Ints, time: Ints, page: Ints, span: Span) -> Batch:
        row, _ = repeated(whole(rng, 3, 9, len(who)))
        moment = following(time[row], whole(rng, 20, 2_000, len(row)), span[1])
        asset = pick(_ASSETS, whole(rng, 0, len(_ASSETS), len(row)))
        status, size = _STATUS[among(rng, (1, 1), len(row))], sizes(rng, 40_000.0, 0.9, len(row))
        referrer = pick([f"https://{PAGES_HOST}{path}" for path in _PAGES], page[row])
        return fetches(who[row], moment, "web", PAGES_HOST, asset, status, size, referrer=referrer)


@dataclass(frozen=True)
class Crawlers:
    """A search engine's crawler with permission: some hours a day, a page each one to five seconds.

    `begin`, `length`: after midnight UTC, in ms.
    """

    tenants: Tenants
    begin: Ints
    length: Ints

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Catalogue pages in no order, robots.txt first and every twenty minutes, no assets."""
        return [self._crawl(span, rng, *crawl) for crawl in daily(span, self.begin, self.length)]

    def _crawl(self, span: Span, rng: Generator, first: Ints, last: Ints, origin: Ints) -> Batch:
        who, number, time = beats(first, last, origin, np.full(len(origin), 3_000))
        time = np.clip(time + whole(rng, -1_000, 1_001, len(who)), span[0], span[1] - 1)
        page = (number + origin[who] // HOUR * 97) * _STRIDE % _CATALOGUE
        path = suffixed("/catalogue/", page).zip_with(pl.Series(number % 400 > 0), pl.Series(["/robots.txt"]))
        status = _STATUS[among(rng, (0.95, 0.042, 0.008), len(who))]
        return fetches(who, time, "web", PAGES_HOST, path, status, sizes(rng, 18_000.0, 0.5, len(who)))


def fetches(
    who: Ints, time: Ints, product: str, host: str, path: pl.Series, status: Ints, size: Ints, **more: Column
) -> Batch:
    """Requests that we served; `size`: bytes sent, where there was anything to send."""
    sent = np.where(status == 200, size, 300)
    return Batch("fetch", who, time, {
        "product": product, "direction": "served",
        "host": host, "method": "GET", "path": path, "status": status, "bytes_out": sent, **more,
    })  # fmt: skip


def visitors(setting: Setting, rng: Generator, count: int) -> Visitors:
    """Signed-in readers of our pages."""
    tenants = settle(rng, "web visitor", aged(rng, setting, count), ("trial", "pro"), BROWSERS[:2])
    peak, zone = rng.uniform(0.2, 1.2, count) * setting.pace, rng.choice([-6.0, 0.0, 1.0, 8.0], count)
    return Visitors(tenants, Rhythm(peak, np.full(count, 1.5), zone, tenants.salt))


def crawlers(setting: Setting, rng: Generator, count: int) -> Crawlers:
    """Permitted crawlers, four to six hours a day."""
    tenants = settle(rng, "permitted crawler", aged(rng, setting, count), ("enterprise",), (CRAWLER,))
    return Crawlers(tenants, whole(rng, 60 * MINUTE, 15 * HOUR, count), whole(rng, 4 * HOUR, 6 * HOUR, count))
