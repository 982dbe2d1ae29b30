"""One key sold to many: networks, countries, programs and conversations side by side, around the clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.clients import BROWSERS, CURL, NODE, PYTHON, REQUESTS, said
from streams.simulator.draw import DAY, Generator, Ints, hashed, whole
from streams.simulator.gateway import Style, requests
from streams.simulator.models import COMMON
from streams.simulator.networks import COUNTRIES, FAR, ZONES, homes
from streams.simulator.rhythm import Rhythm, Span
from streams.simulator.spells import Campaign, Spells, sometime
from streams.simulator.tenants import Batch, Column, Setting, Tenants, settle
from streams.simulator.texts import marks, pick
from streams.simulator.verdicts import Verdicts, harmless

_LANDS = pl.Series(COUNTRIES + FAR)
_CLIENTS = (*BROWSERS, PYTHON, NODE, CURL, REQUESTS)
_STYLE = Style(outcomes=(0.95, 0.035, 0.01, 0.005))


@dataclass(frozen=True)
class Resellers:
    """Buyers of a key, each with a home, a program, an app and a day of their own. `owner`: each buyer's account."""

    tenants: Tenants
    spells: Spells
    owner: Ints
    buyers: Rhythm
    judged: Verdicts

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Requests of all buyers, and verdicts on some."""
        if not self.spells.shared(span).any():
            return []
        buyer, time = self.buyers.arrivals(rng, span)
        held = self.spells.hold(self.owner[buyer], time)
        buyer, time = buyer[held], time[held]
        asked = self._asked(rng, buyer, time)
        return [asked, self.judged.of(rng, span, asked)]

    def _asked(self, rng: Generator, buyer: Ints, time: Ints) -> Batch:
        own = hashed(self.tenants.salt + 6, buyer)
        land, program = (
            (own % np.uint64(len(_LANDS))).astype(np.int64),
            (own % np.uint64(len(_CLIENTS))).astype(np.int64),
        )
        place = homes(hashed(self.tenants.salt + 7, buyer, time // DAY), land % len(COUNTRIES))
        more: dict[str, Column] = {**place, "country": pick(_LANDS, land), **said(_CLIENTS, program)}
        template = marks(hashed(self.tenants.salt + 10, buyer, whole(rng, 0, 3, len(buyer))))
        model = (hashed(self.tenants.salt + 11, buyer) % np.uint64(COMMON)).astype(np.int64)
        return requests(rng, self.tenants, self.owner[buyer], time, model, template, _STYLE, None, **more)


def resellers(setting: Setting, rng: Generator, count: int) -> Campaign:
    """Paid accounts whose key 40 to 110 people use."""
    spells = sometime(setting, rng, count, 16, 240)
    created = spells.begin - whole(rng, 3 * DAY, 60 * DAY, count)
    tenants = settle(rng, "reseller of a key", created, ("pro", "team"), (PYTHON,), keyed=True)
    owner = np.repeat(np.arange(count), whole(rng, 40, 110, count))
    own = hashed(tenants.salt + 6, np.arange(len(owner)))
    zone = np.array(ZONES)[(own % np.uint64(len(ZONES))).astype(np.int64)]
    buyers = Rhythm(rng.uniform(2, 9, len(owner)), rng.uniform(1.0, 1.4, len(owner)), zone, tenants.salt + 30)
    actor = Resellers(tenants, spells, owner, buyers, harmless(rng, tenants.salt, count, 0.12))
    return Campaign(
        "key-sharing", "one key resold to many", actor, culprits={"api_key_id": tenants.accounts["api_key_id"]}
    )
