"""Models copied through their answers: by two dozen accounts that each ask little, or by one that asks much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import own_ja4
from streams.simulator.draw import DAY, Floats, Generator, Ints, beats, hashed, shaken, whole
from streams.simulator.gateway import Style, requests
from streams.simulator.networks import HOSTERS, hosted
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Column, Setting, Tenants, settle
from streams.simulator.texts import fingerprints, marks, pick

CLUSTER = 24
"""Accounts of a cluster."""

_A_DAY = 26
_STYLE = Style(answer=900.0, limits=(4096,), outcomes=(0.98, 0.012, 0.004, 0.004))
_SWEEP = np.array([0.2, 0.6, 1.0])
_LARGE = 2


@dataclass(frozen=True)
class Extractors:
    """A grid of prompts, none twice: every topic by every form, several answers each with log probabilities.

    `group`: whose campaign each account is of; `period`: between requests (ms), `unrest`: its deviation as a share;
    `moving`: whether each request comes from another address of one proxy network.
    """

    tenants: Tenants
    spells: Spells
    group: Ints
    period: Ints
    unrest: float
    length: Floats
    moving: bool

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests at about even spacing."""
        first, last = self.spells.within(span)
        who, number, time = beats(first, last, self.spells.begin, self.period)
        moved = shaken(rng, time, self.unrest * self.period[who], span)
        time = np.clip(moved, self.spells.begin[who], self.spells.end[who] - 1)
        template = marks(hashed(self.tenants.salt + 6, self.group[who], number % 3))
        model = np.full(len(who), _LARGE)
        return [requests(rng, self.tenants, who, time, model, template, _STYLE, None, **self._grid(rng, who, number))]

    def _grid(self, rng: Generator, who: Ints, number: Ints) -> dict[str, Column]:
        tokens = np.rint(rng.normal(self.length[who], 9)).astype(np.int64)
        place = hosted(hashed(self.tenants.salt + 7, who, number), HOSTERS) if self.moving else {}
        network = {"asn": pick(HOSTERS, self.group[who] % len(HOSTERS))} if self.moving else {}
        return {**place, **network, "logprobs": True, "n": 4, "conversation_turns": 1, "max_tokens": 4096,
                "temperature": _SWEEP[number % len(_SWEEP)], "input_tokens": np.maximum(tokens, 16)}  # fmt: skip


def clusters(setting: Setting, rng: Generator, count: int) -> Campaign:
    """24 accounts a cluster, about 26 requests a day each: one program, few cards, signed up within some days."""
    group = np.repeat(np.arange(count), CLUSTER)
    spells = sometime(setting, rng, count, 20, 30 * 24).of(group)
    created = spells.begin - whole(rng, DAY, 6 * DAY, len(group))
    tenants = settle(
        rng, "one of two dozen that copy a model", created, ("trial", "pro"), keyed=True, own=_shared(rng, group, count)
    )
    period = (DAY / _A_DAY * rng.uniform(0.93, 1.07, len(group))).astype(np.int64)
    shifted = Spells(spells.begin + (rng.random(len(group)) * period / 2).astype(np.int64), spells.end)
    length = rng.uniform(250, 600, count)[group]
    return Campaign("model-extraction", "model copied by two dozen accounts",
                    Extractors(tenants, shifted, group, period, 0.12, length, moving=True))  # fmt: skip


def loud(setting: Setting, rng: Generator, count: int) -> Campaign:
    """One account, a request every two to five seconds for hours."""
    spells = sometime(setting, rng, count, 3, 9)
    group = np.arange(count)
    created = spells.begin - whole(rng, 2 * DAY, 30 * DAY, count)
    tenants = settle(rng, "account that copies a model", created, ("pro",), keyed=True, own=_program(rng, group, count))
    actor = Extractors(
        tenants, spells, group, whole(rng, 2_000, 5_000, count), 0.1, rng.uniform(250, 600, count), moving=False
    )
    return Campaign("model-extraction", "model copied by one account", actor,
                    culprits={"api_key_id": tenants.accounts["api_key_id"]})  # fmt: skip


def _program(rng: Generator, group: Ints, count: int) -> dict[str, pl.Series]:
    agent = pick(("python-httpx/0.28.1", "aiohttp/3.11.11"), whole(rng, 0, 2, count))
    return {"ja4": own_ja4(rng, count)[group], "user_agent": agent[group]}


def _shared(rng: Generator, group: Ints, count: int) -> dict[str, pl.Series]:
    card = group * 4 + np.arange(len(group)) % 4  # four cards a cluster
    return {**_program(rng, group, count), "payment_fingerprint": fingerprints(rng, 4 * count)[card]}
