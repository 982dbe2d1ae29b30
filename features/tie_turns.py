"""Evaluated turns of accounts, and what their events brought and showed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.due import Due
from features.panes import NEVER
from features.ticks import Ints, running_max, segment_ends, segment_starts
from features.tie_partials import SCHEMA, WHOLE, added, nothing
from features.tie_sums import NO_TIME, SUMS
from features.tie_values import Hashes

_UNKNOWN = -1


class Turns:
    """Turns of one evaluation each, ordered by slot, then trigger: by lives, the turns of a slot while one account's.

    account, plan: String; slot, trigger, turn, tick, age_s: int64[n], age_s −1 where unknown; starts, ends: int64, the
    first and last turn of each life; new: bool, whether that first turn is the account's first.
    """

    def __init__(self, due: Due, among: npt.NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(among)
        rows = rows[np.lexsort((due.trigger[rows], due.slot[rows]))]
        self.account, self.plan = (pl.Series(of, dtype=pl.String)[rows] for of in (due.names, due.plan))
        self.slot, self.trigger, self.turn, self.tick = (
            of[rows] for of in (due.slot, due.trigger, due.turn, due.tick)
        )  # fmt: skip
        age = np.maximum(due.as_of - due.first_seen, 0) // 1000
        self.age_s = np.where(due.first_seen == NEVER, _UNKNOWN, age)[rows]
        first = due.evaluated[rows] == 1
        self.starts = segment_starts(self.slot, np.cumsum(first))
        self.ends = segment_ends(self.starts, len(rows))
        self.new = first[self.starts]

    def __len__(self) -> int:
        return len(self.slot)

    def from_before(self, kept: Ints, values: Ints) -> tuple[Ints, Ints]:
        """The greatest value of each turn's life before it, and of each life after all; values: int64[n], −1 for none.

        kept: int64[lives], from before the first of these turns; it is of no account to a life that is new.
        """
        kept = np.where(self.new, _UNKNOWN, kept)
        greatest = running_max(values, self.starts, kept)
        before = np.roll(greatest, 1)
        before[self.starts] = kept
        return before, greatest[self.ends]

    def carried(self, told: Hashes, kept: Hashes) -> Hashes:
        """What was told last up to each turn of its life, 0 for nothing; kept: uint64[lives], before all of these."""
        lengths = self.ends - self.starts + 1
        latest = np.maximum.accumulate(np.where(told != 0, np.arange(len(told)), -1))
        return np.where(latest >= np.repeat(self.starts, lengths), told[latest], np.repeat(kept, lengths))


@dataclass
class Under:
    """What is done under ties in turns: row: int64[n], the place of the turn; kind: int8[n]; tie: uint64[n].

    sums: int64[n, len(SUMS)]; shows: int64[n], events that showed the tie.
    """

    row: Ints
    kind: npt.NDArray[np.int8]
    tie: Hashes
    sums: Ints
    shows: Ints

    def only(self, rows: Ints) -> Under:
        """Some of it."""
        return Under(self.row[rows], self.kind[rows], self.tie[rows], self.sums[rows], self.shows[rows])


@dataclass
class Taken:
    """The partials of turns: under: by tie (see `Under`); shown: int64[n], the last event that showed the tie.

    whole: int64[turns, len(SUMS)], all that each turn brought, nothing where it had no use beside a use of the same
    tick; asked: int64[turns] ms, its newest request, message or fetch, −1 for none.
    """

    under: Under
    shown: Ints
    whole: Ints
    asked: Ints


def taken(waiting: pl.DataFrame, turns: Turns) -> tuple[Taken, pl.DataFrame]:
    """The partials of turns, and those that go on waiting."""
    found, rest = _divided(waiting, turns)
    sums = np.stack([found[name].to_numpy() for name in SUMS], axis=1)
    under = Under(found["row"].to_numpy(), found["kind"].to_numpy(), found["tie"].to_numpy(), sums, sums[:, 0])
    whole = np.flatnonzero(under.kind == WHOLE)
    brought, asked = np.zeros((len(turns), len(SUMS)), np.int64), np.full(len(turns), NO_TIME)
    brought[under.row[whole]] = sums[whole]
    asked[under.row[whole]] = found["active_at"].to_numpy()[whole]
    return Taken(under, found["shown"].to_numpy(), brought, asked), rest


def _divided(waiting: pl.DataFrame, turns: Turns) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The partials of turns, added up, with `row` for the place of the turn; and the others."""
    if not waiting.height:
        return nothing().with_columns(row=pl.lit(0, pl.Int64)), waiting
    keys = pl.DataFrame({"account": turns.account, "turn": turns.turn, "row": np.arange(len(turns))})
    joined = waiting.lazy().join(keys.lazy(), on=["account", "turn"], how="left").with_columns(
        pl.col("row").fill_null(_UNKNOWN)
    ).collect()  # fmt: skip
    row = joined["row"].to_numpy()
    mine = row >= 0
    found = joined if mine.all() else joined[np.flatnonzero(mine)]
    rest = nothing() if mine.all() else joined[np.flatnonzero(~mine)][SCHEMA.names()]
    parts = np.bincount(row[mine & (joined["kind"].to_numpy() == WHOLE)], minlength=len(turns))
    return (added(found) if (parts > 1).any() else found), rest


def together(parts: list[Under]) -> Under:
    """Parts of what is done under ties, one after the other."""
    columns = [[getattr(part, name) for part in parts] for name in ("row", "kind", "tie", "sums", "shows")]
    return Under(*(np.concatenate(column) for column in columns))
