"""Honest programs that read our API: customers who page through lists, and dashboards that poll."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import NODE, PYTHON, REQUESTS, WALLBOARD
from streams.simulator.draw import (
    SECOND,
    Floats,
    Generator,
    Ints,
    among,
    beats,
    following,
    repeated,
    shaken,
    sizes,
    whole,
)
from streams.simulator.rhythm import Rhythm, Span
from streams.simulator.tenants import Batch, Setting, Tenants, aged, settle
from streams.simulator.texts import joined, pick, suffixed
from streams.simulator.web import fetches

API_HOST = "api.cloud.example"
CLIENTS = (PYTHON, NODE, REQUESTS)
_LISTS = ("/api/v1/models", "/api/v1/jobs", "/api/v1/usage", "/api/v1/keys")
_STATUS = np.array([200, 404, 429, 500])
_POLLED = ("/api/v1/usage/summary", "/api/v1/jobs/running", "/api/v1/status")


@dataclass(frozen=True)
class Customers:
    """Programs that list what they own: now and then a list, a few pages of it, a single job."""

    tenants: Tenants
    rhythm: Rhythm

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Lists with the pages that follow, a second or three apart."""
        who, time = self.rhythm.arrivals(rng, span)
        return [self._pages(rng, who, time, span), self._jobs(rng, who, time, span)]

    def _pages(self, rng: Generator, who: Ints, time: Ints, span: Span) -> Batch:
        listed, pages = whole(rng, 0, len(_LISTS), len(who)), np.minimum(rng.geometric(0.45, len(who)), 12)
        row, page = repeated(pages)
        moment = following(time[row], (page + 1) * 2_000 + whole(rng, -900, 900, len(row)), span[1])
        path = joined(pick(_LISTS, listed[row]), suffixed("/page/", page + 1))
        return _calls(rng, who[row], moment, path, 6_000.0)

    def _jobs(self, rng: Generator, who: Ints, time: Ints, span: Span) -> Batch:
        looked = rng.random(len(who)) < 0.4
        moment = following(time[looked], whole(rng, 3_000, 60_000, int(looked.sum())), span[1])
        path = suffixed("/api/v1/jobs/", whole(rng, 10_000, 99_999, len(moment)))
        return _calls(rng, who[looked], moment, path, 900.0)


@dataclass(frozen=True)
class Dashboards:
    """Wall screens: one path every 30 s, for ever."""

    tenants: Tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Polls, a fifth of a second off."""
        phase = np.arange(len(self.tenants), dtype=np.int64)
        begin, end = np.full_like(phase, span[0]), np.full_like(phase, span[1])
        who, _, time = beats(begin, end, phase * 1_913, np.full_like(phase, 30 * SECOND))
        return [_calls(rng, who, shaken(rng, time, 200.0, span), pick(_POLLED, who % len(_POLLED)), 700.0)]


def _calls(rng: Generator, who: Ints, time: Ints, path: pl.Series, median: float) -> Batch:
    status = _STATUS[among(rng, (0.985, 0.006, 0.006, 0.003), len(who))]
    return fetches(who, time, "api", API_HOST, path, status, sizes(rng, median, 0.4, len(who)))


def customers(setting: Setting, rng: Generator, count: int) -> Customers:
    """Polite API customers."""
    tenants = settle(rng, "API customer", aged(rng, setting, count), ("pro", "team"), CLIENTS, keyed=True)
    peak: Floats = rng.uniform(3, 20, count) * setting.pace
    return Customers(tenants, Rhythm(peak, rng.uniform(1.0, 1.4, count), np.ones(count), tenants.salt))


def dashboards(setting: Setting, rng: Generator, count: int) -> Dashboards:
    """Dashboards that poll one path."""
    created = aged(rng, setting, count)
    return Dashboards(settle(rng, "polling dashboard", created, ("team",), (WALLBOARD,), keyed=True))
