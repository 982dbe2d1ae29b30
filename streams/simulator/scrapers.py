"""Programs that copy what our API offers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.api import API_HOST, CLIENTS
from streams.simulator.draw import Floats, Generator, Ints, beats, judged, shaken, sizes, suffixed, whole
from streams.simulator.tenants import Batch, Span, Tenants, settle
from streams.simulator.web import fetches

_STATUS = np.array([404, 429, 200])


@dataclass(frozen=True)
class Scrapers:
    """Item after item at machine spacing.

    `since`: when they began, `period`: between requests, both in ms; `first`: number of the first item;
    `failing`: share answered 4xx.
    """

    tenants: Tenants
    since: int
    period: Ints
    first: Ints
    failing: Floats

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Ascending items, a twentieth of the period off."""
        each = np.ones_like(self.period)
        who, number, time = beats(each * span[0], each * span[1], each * self.since, self.period)
        time = shaken(rng, time, 0.05 * self.period[who], span)
        missing = self.failing[who]
        status = _STATUS[judged(rng, 0.85 * missing, 0.15 * missing)]
        path = suffixed("/api/v1/items/", self.first[who] + number)
        return [fetches(who, time, "api", API_HOST, path, status, sizes(rng, 2_200.0, 0.3, len(who)))]


def scrapers(rng: Generator, created: Ints, since: int) -> Scrapers:
    """Trial accounts with a client that honest customers use too: an item each 1.2–2.2 s, 4xx 2–10 %."""
    tenants, count = settle(rng, "scraper", created, ("trial",), CLIENTS[2:]), len(created)
    first, period = whole(rng, 1, 50_000, count), whole(rng, 1_200, 2_200, count)
    return Scrapers(tenants, since, period, first, rng.uniform(0.02, 0.1, count))
