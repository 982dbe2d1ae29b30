"""Customers whose SDK tries again: bursts of 429 and 503, then the same request served."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.callers import APPS, Callers, habits, rhythm
from streams.simulator.clients import NODE, PYTHON
from streams.simulator.draw import MINUTE, SECOND, Generator, Ints, among, following, hashed, noise, repeated, sizes
from streams.simulator.gateway import requests
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Setting, Tenants, aged, settle
from streams.simulator.texts import marks, pick

_BAD = 20 * MINUTE
_PAUSES = np.cumsum([0, 1, 2, 4, 8, 16]) * SECOND


@dataclass(frozen=True)
class Retriers:
    """Callers that meet a bad twenty minutes now and then, when six requests of ten are turned away at first."""

    callers: Callers

    @property
    def tenants(self) -> Tenants:
        """Whose SDKs these are."""
        return self.callers.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Every attempt: pauses that double, the same prompt, and an end by the fifth."""
        first, begun = self.callers.rhythm.arrivals(rng, span)
        bad = noise(self.tenants.salt + 6, first, begun // _BAD) < 0.03
        failures = np.where(bad & (rng.random(len(first)) < 0.6), np.minimum(rng.geometric(0.4, len(first)), 5), 0)
        row, attempt = repeated(failures + 1)
        time = following(begun[row], _PAUSES[attempt] + rng.integers(0, 400, len(row)) * (attempt > 0), span[1])
        return [self._asked(rng, first[row], time, attempt == failures[row], row)]

    def _asked(self, rng: Generator, who: Ints, time: Ints, last: Ints, request: Ints) -> Batch:
        turned_away = np.where(rng.random(len(who)) < 0.7, 1, 3)
        usual = among(rng, self.callers.style.outcomes, len(who))
        template = pick(self.callers.apps, who * APPS + request % APPS)
        same = marks(hashed(int(rng.integers(1 << 62)), request))
        return requests(rng, self.tenants, who, time, self.callers.model[who], template, self.callers.style,
                        outcome=np.where(last, usual, turned_away), prompt_fingerprint=same)  # fmt: skip


def retriers(setting: Setting, rng: Generator, count: int) -> Retriers:
    """Customers with an SDK that retries."""
    tenants = settle(rng, "customer whose SDK retries", aged(rng, setting, count), ("pro", "team"), (PYTHON, NODE),
                     keyed=True)  # fmt: skip
    peak = sizes(rng, 25.0, 0.5, count, 120).astype(np.float64)
    return Retriers(Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count)))
