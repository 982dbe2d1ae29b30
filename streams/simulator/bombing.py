"""Reports by the dozen, all within an hour, by people who have only just joined, against somebody innocent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streams.simulator.chat import chatting
from streams.simulator.console import reports
from streams.simulator.draw import HOUR, Generator, Ints, repeated, whole
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign, sometime
from streams.simulator.tenants import Batch, Setting, Tenants, aged, settle

_JOINED_SO_FAR = 40_000


@dataclass(frozen=True)
class Bombings:
    """Reports against innocent accounts: account, time (ms), number of the reporter, kind."""

    tenants: Tenants
    who: Ints
    time: Ints
    reporter: Ints
    kind: Ints

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Reports."""
        row = np.flatnonzero((self.time >= span[0]) & (self.time < span[1]))
        return [reports(self.who[row], self.time[row], self.reporter[row], self.kind[row])]


def bombings(setting: Setting, rng: Generator, count: int) -> Campaign:
    """30 to 60 reports each, by as many reporters; the accounts do nothing but chat."""
    tenants = settle(rng, "interactive chat user, bombed by reports", aged(rng, setting, count), ("pro",), keyed=True)
    begin, within = sometime(setting, rng, count, 1, 1).begin, min(HOUR, setting.length // 4)
    who, turn = repeated(whole(rng, 30, 61, count))
    time = np.minimum(begin[who] + (rng.random(len(who)) * within).astype(np.int64), setting.span[1] - 1)
    reporter = _JOINED_SO_FAR + who * 100 + turn
    kind = whole(rng, 0, 3, count)[who]  # they have agreed on what to say
    beside = (chatting(setting, rng, tenants, rng.uniform(5, 20, count)),)
    return Campaign("", tenants.name, Bombings(tenants, who, time, reporter, kind), beside=beside)
