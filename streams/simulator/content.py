"""Accounts, and single end users of an app, whose prompts and answers break a content clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.callers import APPS
from streams.simulator.clients import BROWSERS, NODE, PYTHON
from streams.simulator.draw import DAY, HOUR, Floats, Generator, Ints, among, hashed, spread, whole
from streams.simulator.gateway import Style, requests
from streams.simulator.models import COMMON
from streams.simulator.organisations import serving
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Column, Setting, Tenants, aged, settle
from streams.simulator.texts import joined, marks, pick
from streams.simulator.verdicts import GUARD, verdicts

_OTHER: dict[str, Column] = {"taxonomy": "openai", "version": "omni", "classifier": "omni-moderation"}
_WORDS: Mapping[str, tuple[dict[str, Column], tuple[str, str]]] = {
    "hate": (GUARD, ("S10", "S10")), "violence": (GUARD, ("S1", "S1")), "scams": (GUARD, ("S2", "S2")),
    "malware": (GUARD, ("S14", "S2")), "sexual-exploitation": (GUARD, ("S3", "S3")),
    "harassment": (_OTHER, ("harassment", "harassment/threatening")),
}  # fmt: skip
CLAUSES = tuple(_WORDS)
"""Content clauses, with whose label draws on them."""

_STYLE = Style(prompt=400.0, outcomes=(0.97, 0.012, 0.008, 0.005))


@dataclass(frozen=True)
class Offenders:
    """Requests of which classifiers see a share and flag a share.

    `clause`: a number of CLAUSES for each account; `pace`: requests an hour; `seen`, `flagged`: shares;
    `end_users`: the one of each account that does it, or none.
    """

    tenants: Tenants
    spells: Spells
    clause: Ints
    pace: Floats
    seen: float
    flagged: Floats
    end_users: pl.Series | None = None

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests and verdicts, clause by clause."""
        first, last = self.spells.within(span)
        counts = rng.poisson(self.pace * self.spells.shared(span) / HOUR)
        who, time = spread(rng, counts, np.full(len(counts), 1.2), first, last)
        return [self._asked(rng, who, time), *self._judged(rng, who, time)]

    def _asked(self, rng: Generator, who: Ints, time: Ints) -> Batch:
        app = hashed(self.tenants.salt + 6, who, among(rng, (7, 2, 1), len(who))) % np.uint64(APPS * len(self.tenants))
        model = (hashed(self.tenants.salt + 7, who) % np.uint64(COMMON)).astype(np.int64)
        return requests(
            rng, self.tenants, who, time, model, marks(hashed(self.tenants.salt, app)), _STYLE, None, **self._user(who)
        )

    def _judged(self, rng: Generator, who: Ints, time: Ints) -> list[Batch]:
        seen = rng.random(len(who)) < self.seen
        return [self._verdicts(rng, who[row], time[row], *_WORDS[clause]) for number, clause in enumerate(CLAUSES)
                if len(row := np.flatnonzero(seen & (self.clause[who] == number)))]  # fmt: skip

    def _verdicts(
        self, rng: Generator, who: Ints, time: Ints, words: dict[str, Column], labels: tuple[str, str]
    ) -> Batch:
        flagged, prompt = rng.random(len(who)) < self.flagged[who], rng.random(len(who)) < 0.4
        label = pick(labels, whole(rng, 0, 2, len(who)))
        return verdicts(rng, who, time, prompt, flagged, label, words, self._user(who))

    def _user(self, who: Ints) -> dict[str, Column]:
        return {} if self.end_users is None else {"end_user_id": pick(self.end_users, who)}


def offenders(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Accounts flagged 30–80 % for one content clause."""
    spells = sometime(setting, rng, count, 5, 72)
    tenants = settle(rng, "account that breaks a content clause", spells.begin - whole(rng, DAY, 90 * DAY, count),
                     ("trial", "pro"), (*BROWSERS, PYTHON), keyed=True)  # fmt: skip
    clause = (int(rng.integers(len(CLAUSES))) + np.arange(count)) % len(CLAUSES)
    actor = Offenders(tenants, spells, clause, rng.uniform(18, 50, count), 0.6, rng.uniform(0.3, 0.8, count))
    return Campaign([CLAUSES[i] for i in clause.tolist()], "account that breaks a content clause", actor)


def end_user_offenders(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Apps of which one end user among thousands harasses others."""
    spells = sometime(setting, rng, count, 5, 72)
    tenants = settle(rng, "app with one end user who offends", aged(rng, setting, count, 400), ("team", "enterprise"),
                     (NODE, PYTHON), keyed=True)  # fmt: skip
    users = joined("eu-", marks(hashed(tenants.salt + 8, np.arange(count)), 12))
    clause = np.full(count, CLAUSES.index("harassment"))
    actor = Offenders(tenants, spells, clause, rng.uniform(8, 20, count), 0.6, rng.uniform(0.4, 0.8, count), users)
    return Campaign("harassment", "one end user of an app", actor, beside=(serving(setting, rng, tenants),),
                    culprits={"end_user_id": users})  # fmt: skip
