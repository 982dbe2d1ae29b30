"""A stolen key: tried out in small, then used as much as it gives, while its owner works on beside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.callers import Callers, habits, rhythm
from streams.simulator.clients import SDKS
from streams.simulator.draw import DAY, HOUR, MINUTE, Generator, Ints, repeated, whole
from streams.simulator.gateway import Style, requests
from streams.simulator.intruders import Intruders, intruders
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Column, Setting, Tenants, aged, settle
from streams.simulator.texts import fingerprints

_LIST, _PROBE, _REFUSED = 0, 1, 2
_LAST_USE = 2 * DAY
_QUIET = Style(idle=8 * HOUR)
_TINY = Style(prompt=6.0)


@dataclass(frozen=True)
class Trials:
    """What a thief does first: account, time (ms) and kind (models listed, a tiny probe, a burst refused)."""

    who: Ints
    time: Ints
    kind: Ints


@dataclass(frozen=True)
class Thieves:
    """Thieves of keys. `used`: the spells in which they take what they can; `last`: the owner's last use (ms)."""

    intruders: Intruders
    trials: Trials
    used: Spells
    last: Ints

    @property
    def tenants(self) -> Tenants:
        """Whose keys they have."""
        return self.intruders.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Trials, then usage."""
        return [self._listed(span), *self._tried(rng, span), self.intruders.usage(rng, span, self.used)]

    def _listed(self, span: Span) -> Batch:
        who, time = self._of(span, _LIST)
        return Batch("inference", who, time, {
            "product": "chat", "operation": "list_models", "status": 200, "duration_ms": 35.0,
            **self._seen(who),
        })  # fmt: skip

    def _tried(self, rng: Generator, span: Span) -> list[Batch]:
        probing, at = self._of(span, _PROBE)
        refused, when = self._of(span, _REFUSED)
        why = np.where(rng.random(len(refused)) < 0.6, 4, 2)
        return [self._asked(rng, probing, at, np.zeros_like(probing)), self._asked(rng, refused, when, why)]

    def _asked(self, rng: Generator, who: Ints, time: Ints, outcome: Ints) -> Batch:
        model, template = whole(rng, 0, 6, len(who)), fingerprints(rng, len(who))
        return requests(rng, self.tenants, who, time, model, template, _TINY, outcome, max_tokens=1, n=1,
                        conversation_turns=1, **self._seen(who))  # fmt: skip

    def _seen(self, who: Ints) -> dict[str, Column]:
        return {**self.intruders.columns(who), "key_last_used_at": self.last[who]}

    def _of(self, span: Span, kind: int) -> tuple[Ints, Ints]:
        trials = self.trials
        row = np.flatnonzero((trials.kind == kind) & (trials.time >= span[0]) & (trials.time < span[1]))
        return trials.who[row], trials.time[row]


def stolen_keys(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Old keys of old accounts, used now and then; the thief stays for hours."""
    spells = sometime(setting, rng, count, 4, 14)
    tenants = settle(
        rng, "customer whose key is stolen", aged(rng, setting, count, 600), ("pro", "team"), SDKS, keyed=True
    )
    keys, made = tenants.accounts["api_key_id"], tenants.accounts["key_created_at"].to_numpy()
    trials = _trials(rng, spells, min(MINUTE * 40, setting.length // 40))
    used = Spells(np.minimum(spells.begin + min(MINUTE * 45, setting.length // 30), spells.end - 1), spells.end)
    last = np.maximum(spells.begin - whole(rng, 4 * HOUR, _LAST_USE, count), made)
    actor = Thieves(intruders(rng, tenants, keys, made, (100, 320)), trials, used, last)
    quiet = Callers(tenants, rhythm(setting, rng, tenants, rng.uniform(0.3, 1.0, count)), *habits(rng, count), _QUIET)
    return Campaign(
        "unauthorised-use", "stolen key", actor, victim=True, beside=(quiet,), culprits={"api_key_id": keys}
    )


def _trials(rng: Generator, spells: Spells, within: int) -> Trials:
    """Models listed at once, probes in the first third of this time (ms), a burst refused in the second."""
    parts = []
    bounds = (1, 4, 0.0, 0.03), (6, 16, 0.04, 0.33), (20, 60, 0.34, 0.6)
    for kind, (least, most, begin, end) in enumerate(bounds):
        who, turn = repeated(whole(rng, least, most, len(spells)))
        late = (rng.uniform(begin, end, len(who)) * within).astype(np.int64) * ((kind != _LIST) | (turn > 0))
        parts.append((who, np.minimum(spells.begin[who] + late, spells.end[who] - 1), np.full_like(who, kind)))
    return Trials(*(np.concatenate(column) for column in zip(*parts, strict=True)))
