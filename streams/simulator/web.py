"""Honest readers of our pages: people with browsers, and a crawler that asks first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.draw import (
    HOUR,
    MINUTE,
    Floats,
    Generator,
    Ints,
    among,
    beats,
    clipped,
    daylight,
    midnight,
    pick,
    sizes,
    spread,
    whole,
)
from streams.simulator.tenants import Batch, Column, Setting, Span, Tenants, aged, settle

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
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
)
_CRAWLERS = ("Mozilla/5.0 (compatible; ExampleSearchBot/2.1; +https://search.example/bot)",)
_CATALOGUE, _STRIDE = 48_611, 7_919  # primes: a visit reaches every page once, in no order


@dataclass(frozen=True)
class Visitors:
    """People with browsers: a few pages at a time, each with its assets, by day.

    `peak`: visits an hour at mid-afternoon.
    """

    tenants: Tenants
    peak: Floats
    zone: Floats

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Pages a minute or so apart, then each page's assets within two seconds."""
        rate = self.peak * daylight(span[0], self.zone) * (span[1] - span[0]) / HOUR
        counts = rng.poisson(rate) * whole(rng, 1, 9, len(rate))
        who, time = spread(rng, counts, np.full(len(rate), 1.5), span)
        page = rng.choice(len(_PAGES), len(who), p=np.array(_SHARES) / sum(_SHARES))
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
        row = np.repeat(np.arange(len(who)), whole(rng, 3, 9, len(who)))
        moment = np.minimum(time[row] + whole(rng, 20, 2_000, len(row)), span[1] - 1)
        asset = pick(_ASSETS, whole(rng, 0, len(_ASSETS), len(row)))
        status, size = _STATUS[among(rng, (1, 1), len(row))], sizes(rng, 40_000.0, 0.9, len(row))
        referrer = [f"https://{PAGES_HOST}{path}" for path in pick(_PAGES, page[row])]
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
        begin = midnight(span[0]) + self.begin
        first, last = clipped(span, begin, begin + self.length)
        who, number, time = beats(first, last, begin, np.full(len(begin), 3_000))
        time = np.clip(time + whole(rng, -1_000, 1_001, len(who)), span[0], span[1] - 1)
        page = (number + begin[who] // HOUR * 97) * _STRIDE % _CATALOGUE
        path = [f"/catalogue/{p}" if n % 400 else "/robots.txt" for n, p in zip(number, page, strict=True)]
        status = _STATUS[among(rng, (0.95, 0.042, 0.008), len(who))]
        size = sizes(rng, 18_000.0, 0.5, len(who))
        return [fetches(who, time, "web", PAGES_HOST, path, status, size)]


def fetches(
    who: Ints, time: Ints, product: str, host: str, path: list[str], status: Ints, size: Ints, **more: Column
) -> Batch:
    """Requests that we served; `size`: bytes sent, where there was anything to send."""
    sent = np.where(status == 200, size, 300)
    return Batch("fetch", who, time, {
        "product": product, "direction": "served",
        "host": host, "method": "GET", "path": path, "status": status, "bytes_out": sent, **more,
    })  # fmt: skip


def visitors(setting: Setting, rng: Generator) -> Visitors:
    """Signed-in readers of our pages."""
    count = setting.count(40)
    tenants = settle(rng, "web visitor", aged(rng, setting, count), ("trial", "pro"), _BROWSERS, keyed=False)
    return Visitors(tenants, rng.uniform(0.2, 1.2, count), rng.choice([-6.0, 0.0, 1.0, 8.0], count))


def crawlers(setting: Setting, rng: Generator) -> Crawlers:
    """Permitted crawlers, four to six hours a day."""
    count = setting.count(3)
    tenants = settle(rng, "permitted crawler", aged(rng, setting, count), ("enterprise",), _CRAWLERS, keyed=False)
    return Crawlers(tenants, whole(rng, 60 * MINUTE, 15 * HOUR, count), whole(rng, 4 * HOUR, 6 * HOUR, count))
