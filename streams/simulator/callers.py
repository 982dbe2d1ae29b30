"""Accounts that ask for inference by day: what all such kinds have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from streams.simulator.draw import DAY, Floats, Generator, Ints, among, hashed, noise, whole
from streams.simulator.gateway import Style, requests
from streams.simulator.models import COMMON, NEW
from streams.simulator.networks import COUNTRIES, HOSTERS, ZONES, homes, hosted
from streams.simulator.rhythm import Rhythm, Span
from streams.simulator.tenants import Batch, Column, Setting, Tenants
from streams.simulator.texts import fingerprints, pick
from streams.simulator.verdicts import Verdicts

More = Callable[[Generator, Ints, Ints], dict[str, Column]]
"""Columns of requests by these accounts at these times."""

APPS = 3
"""Prompt templates of an account; seven of ten requests use the first."""


def nothing_more(_rng: Generator, _who: Ints, _time: Ints) -> dict[str, Column]:
    """No columns but the usual ones."""
    return {}


@dataclass(frozen=True)
class Callers:
    """Accounts that ask by day, some of what they ask and get looked at by classifiers.

    `model`: each account's number of MODELS; `apps`: APPS templates an account; `level`: slot by account, what
    rates are multiplied with; `newer`: when each account goes over to the new model (ms), where it does; `more`:
    columns beside or instead of the usual ones.
    """

    tenants: Tenants
    rhythm: Rhythm
    model: Ints
    apps: pl.Series
    style: Style = field(default_factory=Style)
    judged: Verdicts | None = None
    level: Callable[[Ints], Floats] | None = None
    newer: Ints | None = None
    more: More = nothing_more

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests, and verdicts on a share of them."""
        asked = self.asked(span, rng)
        return [asked] if self.judged is None else [asked, self.judged.of(rng, span, asked)]

    def asked(self, span: Span, rng: Generator) -> Batch:
        """Requests, of accounts that have joined and have their key by then."""
        who, time = self.rhythm.arrivals(rng, span, self.level)
        ready = time >= self.tenants.ready[who]
        who, time = who[ready], time[ready]
        template = pick(self.apps, who * APPS + among(rng, (7, 2, 1), len(who)))
        model = self.model[who] if self.newer is None else np.where(time < self.newer[who], self.model[who], NEW)
        more = self.more(rng, who, time)
        return requests(rng, self.tenants, who, time, model, template, self.style, None, **more)


def rhythm(setting: Setting, rng: Generator, tenants: Tenants, peak: Floats) -> Rhythm:
    """By the day of where accounts are at home; peak: requests an hour, at a pace of 1."""
    return Rhythm(peak * setting.pace, rng.uniform(1.0, 1.4, len(peak)), local(tenants), tenants.salt)


def local(tenants: Tenants) -> Floats:
    """UTC offsets where accounts are at home, in hours."""
    land = tenants.accounts["country"].replace_strict(
        list(COUNTRIES), list(ZONES), default=0.0, return_dtype=pl.Float64
    )
    return land.to_numpy()


def habits(rng: Generator, count: int) -> tuple[Ints, pl.Series]:
    """Each account's favourite model and its templates."""
    return whole(rng, 0, COMMON, count), fingerprints(rng, APPS * count)


def roaming(tenants: Tenants, who: Ints, time: Ints, share: float = 0.12) -> dict[str, Column]:
    """Columns of people out with a phone now and then, and on some days behind a tunnel in another country."""
    home = tenants.accounts
    hour, day = time // (DAY // 24), time // DAY
    out = pl.Series(noise(tenants.salt + 2, who, hour) < share)
    away = pl.Series(noise(tenants.salt + 3, who, day) < 0.015)
    land = pick(home["country"], who)
    number = land.replace_strict(list(COUNTRIES), range(len(COUNTRIES)), default=0, return_dtype=pl.Int64).to_numpy()
    phone = homes(hashed(tenants.salt + 4, who, hour // 8), number)
    tunnel = hosted(hashed(tenants.salt + 4, who, day), HOSTERS)
    return {name: tunnel[name].zip_with(away, phone[name].zip_with(out, pick(home[name], who)))
            for name in ("source_ip", "asn", "country")}  # fmt: skip
