"""What accounts do beside their work: log in, make keys, pay; and what others report about them, rightly or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.callers import local, roaming
from streams.simulator.clients import BROWSERS, said
from streams.simulator.draw import (
    DAY,
    HOUR,
    SECOND,
    Floats,
    Generator,
    Ints,
    among,
    following,
    hashed,
    noise,
    repeated,
    whole,
)
from streams.simulator.rhythm import Span, brightness
from streams.simulator.tenants import Batch, Column, Setting, Tenants
from streams.simulator.texts import fingerprints, joined, marks, pick

LOGINS, CHARGES, REPORTS = 1.2, 1 / 30, 1 / 400
"""What an account does a day, at a pace of 1; the last is done to it."""

_AWAKE = 0.41  # of a day's peak, on average
_KEYS, _LIMITS = 1 / 60, 1 / 150
_REPORTERS = 40_000
_KINDS = (("spam", "spam"), ("abusive", "harassment"), ("scam", "scams"), ("scraping", "scraping"), ("other", ""))
_GRANT, _AGING = 25.0, 3 * DAY


@dataclass(frozen=True)
class Console:
    """Logins, keys, charges, reports of honest accounts; `zone`: UTC offsets in hours; `pace`: what rates are times."""

    tenants: Tenants
    zone: Floats
    pace: float

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """All of these."""
        return [self._logins(span, rng), *self._keys(span, rng), *self._billing(span, rng), self._reports(span, rng)]

    def _logins(self, span: Span, rng: Generator) -> Batch:
        first, begun = self._some(span, rng, LOGINS / _AWAKE)
        awake = rng.random(len(first)) < brightness(begun, self.zone[first])
        first, begun = first[awake], begun[awake]
        fumbled = np.where(rng.random(len(first)) < 0.06, rng.integers(1, 4, len(first)), 0)
        row, attempt = repeated(fumbled + 1)
        time = following(
            begun[row], attempt * 20 * SECOND - whole(rng, 0, 15, len(row)) * SECOND * (attempt > 0), span[1]
        )
        outcome = pick(("failure", "success"), (attempt == fumbled[row]).astype(np.int64))
        return logins(rng, self.tenants, first[row], time, outcome, devices(self.tenants, first[row], time),
                      roaming(self.tenants, first[row], begun[row]))  # fmt: skip

    def _keys(self, span: Span, rng: Generator) -> list[Batch]:
        if "api_key_id" not in self.tenants.accounts.columns:
            return []
        who, time = self._some(span, rng, _KEYS)
        number = among(rng, (5, 1, 2), len(who))
        old, new = pick(self.tenants.accounts["api_key_id"], who), joined("key-", fingerprints(rng, len(who), 12))
        made = np.where(number == 0, self.tenants.created[who], time)
        return [Batch("key", who, time, {
            "product": "console", "operation": pick(("list", "create", "rotate"), number),
            "scope": "inference", "api_key_id": old.zip_with(pl.Series(number == 0), new), "key_created_at": made,
            **devices(self.tenants, who, time),
        })]  # fmt: skip

    def _billing(self, span: Span, rng: Generator) -> list[Batch]:
        who, time = self._some(span, rng, CHARGES)
        limited, when = self._some(span, rng, _LIMITS)
        amount = np.round(rng.lognormal(3.0, 1.2, len(who)), 2)
        steps = np.array([50.0, 100.0, 250.0, 500.0, 1000.0])
        outcome = pick(("success", "declined"), among(rng, (0.97, 0.03), len(who)))
        return [
            Batch("billing", who, time, {"product": "console", "operation": "charge", "outcome": outcome,
                                         "amount_usd": np.minimum(amount, 5_000.0)}),
            Batch("billing", limited, when, {"product": "console", "operation": "limit_change", "outcome": "success",
                                             "spend_limit_usd": steps[whole(rng, 0, 5, len(limited))]}),
            self._credit(span, rng),
        ]  # fmt: skip

    def _credit(self, span: Span, rng: Generator) -> Batch:
        """What young trial accounts have used of their credit, which takes most of them weeks."""
        young = self.tenants.created > span[0] - _AGING
        trial = (self.tenants.accounts["plan"] == "trial").to_numpy() & young
        who, time = self._some(span, rng, 12.0, np.flatnonzero(trial))
        age = (time - self.tenants.created[who]) / (noise(self.tenants.salt + 12, who) * 30 * DAY + 3 * DAY)
        left = _GRANT * np.exp(-age)
        return Batch("billing", who, time, {
            "product": "console", "operation": "charge", "outcome": "success",
            "amount_usd": np.round(np.maximum(left * 0.004, 0.01), 2), "credit_balance_usd": np.round(left, 2),
        })  # fmt: skip

    def _reports(self, span: Span, rng: Generator) -> Batch:
        who, time = self._some(span, rng, REPORTS)
        kind = whole(rng, 0, len(_KINDS), len(who))
        return reports(who, time, whole(rng, 0, _REPORTERS, len(who)), kind)

    def _some(self, span: Span, rng: Generator, a_day: float, those: Ints | None = None) -> tuple[Ints, Ints]:
        """Accounts that have joined, so many times a day each, at any hour."""
        of = np.arange(len(self.tenants)) if those is None else those
        count = rng.poisson(a_day * self.pace * len(of) * (span[1] - span[0]) / DAY) if len(of) else 0
        who, time = of[rng.integers(0, max(len(of), 1), count)], whole(rng, *span, count)
        there = time >= self.tenants.created[who]
        return who[there], time[there]


def console(setting: Setting, tenants: Tenants) -> Console:
    """The rest of what these accounts do."""
    return Console(tenants, local(tenants), min(setting.pace, 2.0))


def logins(rng: Generator, tenants: Tenants, who: Ints, time: Ints, outcome: pl.Series, device: Mapping[str, Column],
           place: Mapping[str, Column]) -> Batch:  # fmt: skip
    """Logins with a browser; place: source_ip, asn and country."""
    browser = said(BROWSERS[:2], (hashed(tenants.salt + 13, who) % np.uint64(2)).astype(np.int64))
    operation = pick(("login", "mfa"), among(rng, (0.85, 0.15), len(who)))
    columns: dict[str, Column] = {"product": "console", "operation": operation, "outcome": outcome}
    return Batch("auth", who, time, {**columns, **browser, **device, **place})


def devices(tenants: Tenants, who: Ints, time: Ints) -> dict[str, pl.Series]:
    """Each account's device, and a new one now and then: device_fingerprint."""
    another = (noise(tenants.salt + 14, who, time // (8 * HOUR)) < 0.02) * (time // (8 * HOUR))
    return {"device_fingerprint": marks(hashed(tenants.salt + 15, who, another))}


def reports(who: Ints, time: Ints, reporter: Ints, kind: Ints) -> Batch:
    """Reports about these accounts; reporter: numbers count up as reporters join; kind: a number of the usual ones."""
    clause = pick([clause or None for _, clause in _KINDS], kind)  # type: ignore[misc]
    return Batch("report", who, time, {
        "kind": pick([kind for kind, _ in _KINDS], kind), "clause": clause,
        "reporter_id": joined("user-", pl.Series(reporter).cast(pl.String).str.zfill(8)),
    })  # fmt: skip
