"""Trial accounts signed up one after the other by one program, each burning its credit within the hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import own_ja4
from streams.simulator.draw import MINUTE, SECOND, Floats, Generator, Ints, beats, hashed, whole
from streams.simulator.jobs import Jobs, Load
from streams.simulator.networks import HOSTERS, hosted
from streams.simulator.rhythm import Span
from streams.simulator.signups import CREDIT_USD
from streams.simulator.spells import Campaign, sometime
from streams.simulator.tenants import Batch, Setting, Tenants, settle
from streams.simulator.texts import fingerprints, joined, pick, suffixed

_MOST_GPUS = 8
_LEAST, _MOST = 16, 40
FARM = (_LEAST + _MOST) / 2
"""Accounts of a farm, on average."""


@dataclass(frozen=True)
class Farms:
    """The first job of each account, as large as a trial may, and the charges that eat its credit; then nothing."""

    tenants: Tenants
    jobs: Jobs

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Jobs and charges."""
        return [*self.jobs.events(span, rng), self._charges(span)]

    def _charges(self, span: Span) -> Batch:
        jobs = self.jobs
        first, last = np.maximum(jobs.begin, span[0]), np.minimum(jobs.end + 1, span[1])
        period = (jobs.end - jobs.begin) // 8
        who, number, time = beats(first, last, jobs.begin, period)
        charged = number > 0
        who, number, time = who[charged], number[charged], time[charged]
        return Batch("billing", who, time, {
            "product": "console", "operation": "charge", "outcome": "success", "amount_usd": round(CREDIT_USD / 8, 2),
            "credit_balance_usd": np.round(np.maximum(CREDIT_USD * (1 - number / 8), 0), 2),
        })  # fmt: skip


def farms(setting: Setting, rng: Generator, count: int) -> Campaign:
    """16 to 40 accounts a farm, two to six minutes apart; one device, one card, one image, addresses all over."""
    farm = np.repeat(np.arange(count), whole(rng, _LEAST, _MOST + 1, count))
    created = _signed_up(setting, rng, farm, count)
    tenants = settle(rng, "free-trial farm", created, ("trial",), own=_shared(rng, farm, count))
    begin = created + whole(rng, 40 * SECOND, 200 * SECOND, len(farm))
    length = np.minimum(rng.uniform(22, 50, len(farm)) * MINUTE, setting.length * 0.1).astype(np.int64)
    images = joined("sha256:", fingerprints(rng, count))[farm]
    each = np.arange(len(farm))
    jobs = Jobs(each, begin, begin + length // 8 * 8, hashed(tenants.salt, each).astype(np.int64), images,
                np.full(len(farm), _MOST_GPUS), _load(rng, len(farm)))  # fmt: skip
    return Campaign("free-tier-farming", "free-trial farm", Farms(tenants, jobs))


def _signed_up(setting: Setting, rng: Generator, farm: Ints, count: int) -> Ints:
    gap = np.minimum(rng.uniform(2, 6, count) * MINUTE, setting.length * 0.6 / _MOST)
    turn = np.arange(len(farm)) - np.searchsorted(farm, farm)
    length: Floats = gap * _MOST + setting.length * 0.12
    begin = sometime(setting, rng, count, 0.0, 0.0).begin
    begin = np.minimum(begin, setting.span[1] - length.astype(np.int64))
    late = turn * gap[farm] + rng.normal(0, 4_000, len(farm)).clip(-9_000, 9_000)
    signed_up: Ints = np.maximum(begin[farm] + late.astype(np.int64), setting.span[0])
    return signed_up


def _shared(rng: Generator, farm: Ints, count: int) -> dict[str, pl.Series]:
    one = {
        "device_fingerprint": fingerprints(rng, count),
        "payment_fingerprint": fingerprints(rng, count),
        "ja4": own_ja4(rng, count),
        "email_domain": joined(suffixed("quickbox-", whole(rng, 1, 999, count)), ".example"),
    }
    place = hosted(rng.integers(0, 1 << 64, len(farm), np.uint64), HOSTERS)
    agent = pick(("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/131.0",), np.zeros_like(farm))
    return {**place, **{name: column[farm] for name, column in one.items()}, "user_agent": agent}


def _load(rng: Generator, count: int) -> Load:
    return Load("gpu-80g", 0.985, 0.006, rng.uniform(300, 450, count), 0.012, 5_200, 0.68, (0.1, 0.8))
