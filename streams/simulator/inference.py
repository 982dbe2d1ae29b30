"""Honest users of the inference API: people who chat, and jobs that run at night."""

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
    among,
    beats,
    clipped,
    daylight,
    fingerprints,
    midnight,
    pick,
    shaken,
    sizes,
    spread,
    whole,
)
from streams.simulator.tenants import Batch, Setting, Span, Tenants, aged, settle

_MODELS = ("small-chat", "medium-chat", "large-chat", "code-assistant")
_PRICES = np.array([0.2, 0.6, 3.0, 1.0])
"""USD per million tokens, model by model."""

_BROWSERS = ("Mozilla/5.0 (X11; Linux x86_64) ExampleChat/4.2", "Mozilla/5.0 (Macintosh) ExampleChat/4.2")
_CLIENTS = ("example-sdk-python/1.9", "example-sdk-node/3.1", "curl/8.5.0")
_STATUS, _LIMITS = np.array([200, 429, 400, 500]), np.array([1024, 2048, 4096])


@dataclass(frozen=True)
class ChatUsers:
    """People: awake by day, bursty within ten minutes.

    `peak`: requests an hour at mid-afternoon; `variation`: of the gaps; `zone`: UTC offset in hours.
    """

    tenants: Tenants
    peak: Floats
    variation: Floats
    zone: Floats
    model: Ints
    apps: Sequence[str]

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests, gaps gamma-distributed in the block."""
        mood = rng.gamma(2.0, 0.5, len(self.tenants))
        rate = self.peak * daylight(span[0], self.zone) * mood * (span[1] - span[0]) / HOUR
        who, time = spread(rng, rng.poisson(rate), self.variation, span)
        joined = time >= self.tenants.created[who]
        who, time = who[joined], time[joined]
        app = pick(self.apps, who * 3 + rng.choice(3, len(who), p=(0.7, 0.2, 0.1)))
        turns = np.minimum(rng.geometric(0.3, len(who)), 40)
        return [_requests(rng, who, time, self.model[who], app, turns, median=700.0)]


@dataclass(frozen=True)
class NightlyJobs:
    """Batch jobs: for some hours each night a request every few seconds, from one template.

    `begin`, `length`: after midnight UTC, in ms; `period`: between requests, in ms.
    """

    tenants: Tenants
    begin: Ints
    length: Ints
    period: Ints
    model: Ints
    apps: Sequence[str]

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests at machine spacing, 4 % of the period off at most of the time."""
        begin = midnight(span[0]) + self.begin
        first, last = clipped(span, begin, begin + self.length)
        who, _, time = beats(first, last, begin, self.period)
        time = shaken(rng, time, 0.04 * self.period[who], span)
        turns = np.ones(len(who), np.int64)
        return [_requests(rng, who, time, self.model[who], pick(self.apps, who), turns, median=1500.0)]


def _requests(rng: Generator, who: Ints, time: Ints, model: Ints, app: list[str], turns: Ints, median: float) -> Batch:
    status = _STATUS[among(rng, (0.975, 0.012, 0.008, 0.005), len(who))]
    served = status == 200
    prompt = sizes(rng, median, 0.9, len(who), 32_000)
    answer = sizes(rng, 180.0, 0.9, len(who), 4_096) * served
    busy = served * np.round(80 + 14 * answer * rng.lognormal(0.0, 0.25, len(who)), 1)
    return Batch("inference", who, time, {
        "product": "chat", "operation": "chat",
        "model": pick(_MODELS, model), "status": status, "template_fingerprint": app,
        "prompt_fingerprint": fingerprints(rng, len(who)),
        "input_tokens": prompt, "output_tokens": answer, "prompt_chars": prompt * 4,
        "max_tokens": _LIMITS[among(rng, (2, 1, 1), len(who))], "conversation_turns": turns,
        "gpu_ms": busy, "duration_ms": np.round(busy + rng.exponential(60.0, len(who)), 1),
        "cost_usd": np.round((prompt + 3 * answer) * served * _PRICES[model] / 1e6, 6),
    })  # fmt: skip


def chat_users(setting: Setting, rng: Generator) -> ChatUsers:
    """Mostly old trial and pro accounts; one in ten signed up within a day or so of the run."""
    count = setting.count(180)
    created = aged(rng, setting, count)
    fresh = rng.random(count) < 0.1
    created[fresh] = whole(rng, setting.span[0] - DAY, setting.span[1], count)[fresh]
    tenants = settle(rng, "interactive chat user", created, ("trial", "trial", "pro"), _BROWSERS + _CLIENTS)
    peak = np.minimum(sizes(rng, 12.0, 0.8, count), 90).astype(np.float64)
    variation, zone = rng.uniform(1.0, 1.4, count), rng.choice([-7.0, -5.0, 0.0, 1.0, 2.0, 9.0], count)
    return ChatUsers(tenants, peak, variation, zone, whole(rng, 0, 4, count), fingerprints(rng, 3 * count))


def nightly_jobs(setting: Setting, rng: Generator) -> NightlyJobs:
    """Team and enterprise accounts, one job each, two to five hours long."""
    count = setting.count(10)
    tenants = settle(rng, "nightly batch job", aged(rng, setting, count), ("team", "enterprise"), _CLIENTS)
    begin, length = whole(rng, 30 * MINUTE, 120 * MINUTE, count), whole(rng, 2 * HOUR, 5 * HOUR, count)
    period = whole(rng, 3_000, 9_000, count)
    return NightlyJobs(tenants, begin, length, period, whole(rng, 0, 4, count), fingerprints(rng, count))
