"""An account taken over: guessed at, entered from elsewhere, given new keys and a higher limit, and used up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.chat import chatting
from streams.simulator.console import console, logins
from streams.simulator.draw import MINUTE, SECOND, Generator, Ints, hashed, repeated, whole
from streams.simulator.intruders import Intruders, intruders
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Column, Setting, Tenants, aged, settle
from streams.simulator.texts import marks, names, pick


@dataclass(frozen=True)
class Takeovers:
    """Takeovers of accounts. `tries`: accounts and times (ms) of logins, of which each account's last succeeds.

    `entered`: when that is; `keys`: accounts and names of the keys made then; `used`: the spells of usage after.
    """

    intruders: Intruders
    tries: tuple[Ints, Ints]
    entered: Ints
    keys: tuple[Ints, pl.Series]
    used: Spells

    @property
    def tenants(self) -> Tenants:
        """Whose accounts they are."""
        return self.intruders.tenants

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Logins, keys, the limit, usage."""
        return [
            self._logins(span, rng),
            self._keys(span),
            self._limits(span),
            self.intruders.usage(rng, span, self.used),
        ]

    def _logins(self, span: Span, rng: Generator) -> Batch:
        who, time = self.tries
        row = np.flatnonzero((time >= span[0]) & (time < span[1]))
        who, time = who[row], time[row]
        outcome = pick(("failure", "success"), (time == self.entered[who]).astype(np.int64))
        return logins(rng, self.tenants, who, time, outcome, self._device(who), self._place(who))

    def _keys(self, span: Span) -> Batch:
        who, name = self.keys
        time = self.entered[who] + (2 * MINUTE + np.arange(len(who)) % 3 * 40 * SECOND)
        row = np.flatnonzero((time >= span[0]) & (time < span[1]))
        return Batch("key", who[row], time[row], {
            "product": "console", "operation": "create", "scope": "inference",
            "api_key_id": name[row], "key_created_at": time[row],
            **self._device(who[row]), **self._place(who[row]),
        })  # fmt: skip

    def _limits(self, span: Span) -> Batch:
        time = self.entered + 4 * MINUTE
        who = np.flatnonzero((time >= span[0]) & (time < span[1]))
        return Batch("billing", who, time[who], {
            "product": "console", "operation": "limit_change", "outcome": "success",
            "spend_limit_usd": np.array([1_000.0, 2_500.0, 5_000.0])[who % 3],
            **self._device(who), **self._place(who),
        })  # fmt: skip

    def _device(self, who: Ints) -> dict[str, Column]:
        return {"device_fingerprint": marks(hashed(self.tenants.salt + 42, who))}

    def _place(self, who: Ints) -> dict[str, Column]:
        return self.intruders.place(who)


def takeovers(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Old accounts of people who chat; the intruder stays for hours, with a key of its own."""
    spells = sometime(setting, rng, count, 4, 12)
    tenants = settle(rng, "account taken over", aged(rng, setting, count, 500), ("pro",), keyed=True)
    tries, entered = _tries(rng, spells, min(15 * MINUTE, setting.length // 100))
    owner, turn = repeated(whole(rng, 1, 4, count))
    new = names(rng, "key-", len(owner))
    made = entered + 2 * MINUTE
    used = Spells(np.minimum(entered + 6 * MINUTE, spells.end - 1), spells.end)
    actor = Takeovers(intruders(rng, tenants, new[np.flatnonzero(turn == 0)], made, (60, 260)), tries, entered,
                      (owner, new), used)  # fmt: skip
    beside = (chatting(setting, rng, tenants, rng.uniform(4, 15, count)), console(setting, tenants))
    return Campaign("unauthorised-use", "account taken over", actor, victim=True, beside=beside,
                    culprits={"api_key_id": actor.intruders.keys})  # fmt: skip


def _tries(rng: Generator, spells: Spells, within: int) -> tuple[tuple[Ints, Ints], Ints]:
    """Six to twenty-five failures within so many ms from the spell's begin on, then a success."""
    who, turn = repeated(whole(rng, 6, 26, len(spells)))
    time = spells.begin[who] + (rng.random(len(who)) * within).astype(np.int64) * (turn > 0)
    entered = spells.begin + within + 10 * SECOND
    row = np.arange(len(spells))
    return (np.concatenate([who, row]), np.concatenate([time, entered])), entered
