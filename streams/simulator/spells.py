"""When campaigns are active: a spell an account, anywhere in the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from streams.simulator.draw import HOUR, Bools, Generator, Ints, clipped
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Actor, Batch, Setting, Tenants

_MOST = 0.75
"""Of the run, at most, so that no campaign is there from its beginning to its end."""


@dataclass(frozen=True)
class Spells:
    """From when to when each account (or pod) is active: [begin, end), in ms."""

    begin: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.begin)

    def within(self, span: Span) -> tuple[Ints, Ints]:
        """The parts in a span; where there is none, end ≤ begin."""
        return clipped(span, self.begin, self.end)

    def shared(self, span: Span) -> Ints:
        """How much of each lies in a span, in ms."""
        first, last = self.within(span)
        shared: Ints = np.maximum(last - first, 0)
        return shared

    def hold(self, who: Ints, time: Ints) -> Bools:
        """Whether each time is within its spell."""
        held: Bools = (time >= self.begin[who]) & (time < self.end[who])
        return held

    def of(self, row: Ints) -> Spells:
        """The spells of these rows."""
        return Spells(self.begin[row], self.end[row])


@dataclass(frozen=True)
class Campaign:
    """Accounts that break a clause; all that the actor does is part of it.

    `clause`: one for all, or each account's; empty where the account is innocent. `victim`: whether the holder is.
    `beside`: what the same accounts do honestly. `culprits`: the one workload_id, end_user_id or api_key_id of each
    account that does it, null for accounts that do nothing.
    """

    clause: str | Sequence[str]
    name: str
    actor: Actor
    victim: bool = False
    beside: Sequence[Actor] = ()
    culprits: Mapping[str, pl.Series] = field(default_factory=dict)

    @property
    def tenants(self) -> Tenants:
        """Whose events these are."""
        return self.actor.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """The actor's events."""
        return self.actor.events(span, rng)


def sometime(setting: Setting, rng: Generator, count: int, least: float, most: float) -> Spells:
    """A spell for each, between so many hours long and inside the run, at any time of it; shorter in short runs."""
    length = np.minimum(rng.uniform(least, most, count) * HOUR, setting.length * _MOST)
    begin = setting.span[0] + rng.uniform(0.02, 1, count) * (setting.length - length)
    return Spells(begin.astype(np.int64), (begin + length).astype(np.int64))
