"""Requests for inference as a gateway logs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.draw import HOUR, Floats, Generator, Ints, among, noise, sizes
from streams.simulator.models import MODELS, PRICES
from streams.simulator.tenants import Batch, Column, Tenants
from streams.simulator.texts import fingerprints, joined, pick

STATUS = np.array([200, 429, 400, 503, 403])
"""What a request comes to, by number: served, turned away for its rate, for its form, for our load, for its rights."""

_WHY = pl.Series([None, "rate_limited", "invalid_request", "overloaded", "model_access_denied"])
_TEMPERATURES, _WARMTH = np.array([0.7, 1.0, 0.0, 0.2]), (5, 2, 2, 1)


@dataclass(frozen=True)
class Style:
    """How a kind of caller asks.

    `prompt`, `answer`: median tokens; `limits`: of answers, in tokens; `logprobs`, `several`: share of requests for
    log probabilities, for more than one answer; `outcomes`: shares of STATUS; `idle`: mean ms between uses of a key.
    """

    prompt: float = 700.0
    answer: float = 180.0
    limits: tuple[int, ...] = (1024, 2048, 4096)
    logprobs: float = 0.01
    several: float = 0.01
    outcomes: tuple[float, ...] = (0.975, 0.012, 0.008, 0.005)
    idle: float = HOUR / 3


def requests(rng: Generator, tenants: Tenants, who: Ints, time: Ints, model: Ints, template: pl.Series,
             style: Style, outcome: Ints | None = None, **more: Column) -> Batch:  # fmt: skip
    """Requests of these accounts at these times; more: columns instead of those drawn here, or beside them.

    outcome: what they come to, as numbers of STATUS; drawn where it is not given.
    """
    if not len(who):
        return Batch("inference", who, time, {})
    count = len(who)
    outcome = among(rng, style.outcomes, count) if outcome is None else outcome
    served = outcome == 0
    prompt = _given(more, "input_tokens", sizes(rng, style.prompt, 0.9, count, 32_000))
    answers = _given(more, "n", np.where(rng.random(count) < style.several, 2, 1))
    limit = _given(more, "max_tokens", np.asarray(style.limits)[among(rng, (1,) * len(style.limits), count)])
    answer = np.minimum(sizes(rng, style.answer, 0.9, count), limit) * answers * served
    busy = served * np.round(80 + 14 * answer * rng.lognormal(0.0, 0.25, count) / np.sqrt(answers), 1)
    duration = np.round(busy + rng.exponential(60.0, count), 1)
    return Batch("inference", who, time, {
        "product": "chat", "operation": "chat", "model": pick(MODELS, model), "status": STATUS[outcome],
        "error_code": _WHY[outcome], "request_id": _request_ids(rng, count),
        "template_fingerprint": template, "prompt_fingerprint": fingerprints(rng, count),
        "input_tokens": prompt, "output_tokens": answer, "prompt_chars": prompt * 4, "max_tokens": limit,
        "n": answers, "temperature": _TEMPERATURES[among(rng, _WARMTH, count)],
        "logprobs": rng.random(count) < style.logprobs, "conversation_turns": np.minimum(rng.geometric(0.3, count), 40),
        "gpu_ms": busy, "duration_ms": duration, "concurrency": _concurrency(who, time, duration),
        "cost_usd": np.round((prompt + 3 * answer) * served * PRICES[model] / 1e6, 6),
        **_last_used(tenants, who, time, style.idle), **more,
    })  # fmt: skip


def _given(more: dict[str, Column], name: str, drawn: Ints) -> Ints:
    value = more.get(name, drawn)
    return np.asarray(value, np.int64) if isinstance(value, np.ndarray) else np.full(len(drawn), value, np.int64)


def _request_ids(rng: Generator, count: int) -> pl.Series:
    ids = joined("req-", fingerprints(rng, count, 12))
    return ids.zip_with(pl.Series(rng.random(count) < 0.6), pl.Series([None], dtype=pl.String))


def _concurrency(who: Ints, time: Ints, duration: Floats) -> Ints:
    """How many requests of the account are under way, this one among them; those of an earlier span are forgotten."""
    origin = int(time.min())
    reach = int(time.max()) - origin + 2
    begun = who * reach + time - origin
    ended = who * reach + np.minimum(time - origin + duration.astype(np.int64) + 1, reach - 1)
    begun_sorted, ended_sorted = np.sort(begun), np.sort(ended)
    under_way = np.searchsorted(begun_sorted, begun, side="right") - np.searchsorted(ended_sorted, begun, side="right")
    concurrency: Ints = np.maximum(under_way, 1)
    return concurrency


def _last_used(tenants: Tenants, who: Ints, time: Ints, idle: float) -> dict[str, Column]:
    """When the key was last used, which a gateway writes down once an hour."""
    if "key_created_at" not in tenants.accounts.columns:
        return {}
    hour = time // HOUR
    before = hour * HOUR + np.log(1 - noise(tenants.salt + 9, who, hour)) * idle
    made = tenants.accounts["key_created_at"].to_numpy()[who]
    return {"key_last_used_at": np.maximum(before.astype(np.int64), made)}
