"""All that is kept of one partition's log: a pure function of the records so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.baseline import Baselines
from features.book import NO_PLAN, Book
from features.peers import Peers
from features.ticks import Ints

MOST_PLANS = 256
"""Different plans kept apart; later ones count as no plan."""


@dataclass
class KeptEvents:
    """Events whose turns may still be open, so that evidence can show them.

    slots, turns: int64[height] by entity kind, −1 where the event does not touch that kind.
    """

    events: pl.DataFrame
    slots: dict[str, Ints]
    turns: dict[str, Ints]


@dataclass
class State:
    """Books by entity kind, stream time (ms, None before the first record), births (ms) by feature identity.

    compacted: events kept after they were last reduced to what evidence may show; unmapped: flagged verdicts whose
    label no clause is known for.
    """

    books: dict[str, Book]
    stream_time: int | None = None
    stream_start: int = 0
    births: dict[str, int] = field(default_factory=dict)
    plans: dict[str, int] = field(default_factory=dict)
    peers: Peers = field(default_factory=Peers)
    kept: list[KeptEvents] = field(default_factory=list)
    compacted: int = 0
    baselines: dict[str, Baselines] = field(default_factory=dict)
    late: int = 0
    shed: int = 0
    shed_open: int = 0
    unmapped: int = 0

    def plan_codes(self, plans: pl.Series) -> npt.NDArray[np.int16]:
        """Codes of plan names, NO_PLAN for none; int16[n]. New names get the next code."""
        for name in plans.unique(maintain_order=True).drop_nulls().to_list():
            if name not in self.plans and len(self.plans) < MOST_PLANS:
                self.plans[name] = len(self.plans)
        if not self.plans:
            return np.full(len(plans), NO_PLAN, np.int16)
        codes: Mapping[str, int] = self.plans
        found = plans.replace_strict(list(codes), list(codes.values()), default=NO_PLAN, return_dtype=pl.Int16)
        return found.fill_null(NO_PLAN).to_numpy()

    def plan_names(self, codes: npt.NDArray[np.int16]) -> list[str | None]:
        """The names behind codes."""
        names: list[str | None] = [*self.plans, None]
        return [names[code] for code in codes.tolist()]
