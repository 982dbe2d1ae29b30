"""What every account does in truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulator.draw import Bools, Ints
from streams.simulator.population import Population
from streams.simulator.rhythm import Span
from streams.simulator.spells import Campaign
from streams.simulator.tenants import Tenants
from streams.simulator.texts import stamped

_CULPRITS = ("workload_id", "end_user_id", "api_key_id")
_CSV = ("account_id", "clause", "start", "end", "name", *_CULPRITS)


@dataclass(frozen=True)
class Label:
    """What an account does in truth; `clause` is empty for an honest one.

    `start`, `end`: delivery of the behaviour's first and last event, in ms; for honest accounts, their time in the run.
    `workload_id`, `end_user_id`, `api_key_id`: the one pod, end user or key that does it, where it is one.
    `victim`: whether the account's holder is the one it is done to.
    """

    account_id: str
    clause: str
    name: str
    workload_id: str | None
    start: int
    end: int
    end_user_id: str | None = None
    api_key_id: str | None = None
    victim: bool = False


class Active:
    """The first and last event of each account of each campaign, as far as noted."""

    def __init__(self, population: Population) -> None:
        self._of = {index: _Ends(len(campaign.tenants)) for index, campaign in population.guilty()}

    def note(self, index: int, who: Ints, time: Ints) -> None:
        """Events of an actor were delivered at these times (ms)."""
        if index in self._of:
            self._of[index].note(who, time)

    def ends(self, index: int) -> _Ends:
        """Of the campaign that is this actor."""
        return self._of[index]


class _Ends:
    """First and last time of each account."""

    def __init__(self, count: int) -> None:
        self.first = np.full(count, np.iinfo(np.int64).max)
        self.last = np.full(count, np.iinfo(np.int64).min)

    def note(self, who: Ints, time: Ints) -> None:
        np.minimum.at(self.first, who, time)
        np.maximum.at(self.last, who, time)

    @property
    def seen(self) -> Bools:
        seen: Bools = self.first <= self.last
        return seen


def label_frame(population: Population, active: Active, span: Span) -> pl.DataFrame:
    """A row an account, and one for each further clause it breaks: Label's fields, times in Int64 ms."""
    guilty = [_guilty(campaign, active.ends(index)) for index, campaign in population.guilty() if campaign.clause]
    frame = pl.concat([_honest(tenants, span) for tenants in population.tenants])
    if not guilty:
        return frame
    found = pl.concat(guilty)
    return pl.concat([frame.join(found, on="account_id", how="anti", maintain_order="left"), found])


def as_labels(frame: pl.DataFrame) -> list[Label]:
    """The rows of such a frame."""
    return [Label(**row) for row in frame.iter_rows(named=True)]


def as_csv(frame: pl.DataFrame) -> bytes:
    """Such a frame as CSV with a head, times as RFC 3339; an honest account's clause is empty."""
    written = frame.with_columns(stamped(frame[name].to_numpy()).alias(name) for name in ("start", "end"))
    return written.select(_CSV).with_columns(pl.col("clause").replace({"": None})).write_csv().encode()


def _honest(tenants: Tenants, span: Span) -> pl.DataFrame:
    start = pl.Series(np.maximum(tenants.created, span[0]))
    return tenants.accounts.select(
        "account_id", clause=pl.lit(""), name=pl.lit(tenants.name), start=start,
        end=pl.lit(span[1], pl.Int64), **dict.fromkeys(_CULPRITS, pl.lit(None, pl.String)), victim=pl.lit(False),
    )  # fmt: skip


def _guilty(campaign: Campaign, ends: _Ends) -> pl.DataFrame:
    clause = pl.lit(campaign.clause) if isinstance(campaign.clause, str) else pl.Series(campaign.clause)
    culprits = {name: campaign.culprits.get(name, pl.lit(None, pl.String)) for name in _CULPRITS}
    whole = campaign.tenants.accounts.select(
        "account_id", clause=clause, name=pl.lit(campaign.name), start=pl.Series(ends.first), end=pl.Series(ends.last),
        **culprits, victim=pl.lit(campaign.victim),
    )  # fmt: skip
    return whole.filter(pl.Series(ends.seen))
