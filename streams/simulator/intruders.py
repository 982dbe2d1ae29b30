"""Who uses what is not theirs: from rented servers elsewhere, with a tool of their own, on the dearest models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import own_ja4
from streams.simulator.draw import HOUR, SECOND, Floats, Generator, Ints, hashed, spread, whole
from streams.simulator.gateway import Style, requests
from streams.simulator.models import DEAREST
from streams.simulator.networks import FAR, HOSTERS, hosted
from streams.simulator.rhythm import Span
from streams.simulator.spells import Spells
from streams.simulator.tenants import Batch, Column, Tenants
from streams.simulator.texts import marks, pick

_AGENTS = ("Go-http-client/2.0", "python-httpx/0.28.1", "axios/1.7.9", "node-fetch")
_STYLE = Style(prompt=1800.0, answer=500.0, limits=(4096, 8192), outcomes=(0.965, 0.02, 0.01, 0.005))


@dataclass(frozen=True)
class Intruders:
    """One for each account: `programs`: user_agent and ja4; `keys`: the key each uses and when it was made (ms).

    `pace`: requests an hour; `clients`: how many unlike apps of other people are behind them.
    """

    tenants: Tenants
    programs: dict[str, pl.Series]
    keys: pl.Series
    made: Ints
    pace: Floats
    clients: Ints

    def place(self, who: Ints) -> dict[str, Column]:
        """Columns of where they sit."""
        return dict(hosted(hashed(self.tenants.salt + 40, who), HOSTERS, FAR))

    def columns(self, who: Ints) -> dict[str, Column]:
        """Columns of all their requests."""
        programs = {name: pick(values, who) for name, values in self.programs.items()}
        return {**self.place(who), **programs, "api_key_id": pick(self.keys, who), "key_created_at": self.made[who]}

    def usage(self, rng: Generator, span: Span, spells: Spells) -> Batch:
        """What they do once they are in: steady requests of many unlike conversations, on the dearest models."""
        first, last = spells.within(span)
        counts = rng.poisson(self.pace * spells.shared(span) / HOUR)
        who, time = spread(rng, counts, np.full(len(counts), 0.9), first, last)
        client = (rng.random(len(who)) ** 1.5 * self.clients[who]).astype(np.int64)
        template = marks(hashed(self.tenants.salt + 41, who, client))
        model = np.array(DEAREST)[whole(rng, 0, len(DEAREST), len(who))]
        used = np.maximum(time // HOUR * HOUR - whole(rng, 1, 300, len(who)) * SECOND, self.made[who])
        return requests(rng, self.tenants, who, time, model, template, _STYLE, None, **{
            **self.columns(who), "key_last_used_at": used,
        })  # fmt: skip


def intruders(rng: Generator, tenants: Tenants, keys: pl.Series, made: Ints, pace: tuple[float, float]) -> Intruders:
    """Intruders with a tool that nobody else uses like that."""
    count = len(tenants)
    programs = {"user_agent": pick(_AGENTS, whole(rng, 0, len(_AGENTS), count)), "ja4": own_ja4(rng, count)}
    return Intruders(tenants, programs, keys, made, rng.uniform(*pace, count), whole(rng, 8, 60, count))
