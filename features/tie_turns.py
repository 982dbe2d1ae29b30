"""Evaluated turns of accounts, and what their events brought and showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.due import Due
from features.panes import NEVER
from features.ticks import Ints, running_max, segment_ends, segment_starts
from features.tie_values import TIE_KINDS, Hashes

_MOST = 1 << 62
_UNKNOWN = -1


class Turns:
    """Turns of one evaluation each, ordered by slot, then trigger: by lives, the turns of a slot while one account's.

    account, plan: String; slot, trigger, turn, tick, age_s: int64[n], age_s −1 where unknown; starts, ends: int64, the
    first and last turn of each life; new: bool, whether that first turn is the account's first; moment, rank:
    int64[n], the places of each turn's trigger, and of its (trigger, account), among theirs.
    """

    def __init__(self, due: Due, among: npt.NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(among)
        order = np.lexsort((due.trigger[rows], due.slot[rows]))
        self.moment, self.rank = (of[order] for of in _ranks(due, rows))
        rows = rows[order]
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


def _ranks(due: Due, rows: npt.NDArray[np.intp]) -> tuple[Ints, Ints]:
    """`moment` and `rank` of Turns, of some rows as they come: in order of (trigger, tick, account)."""
    trigger, tick, rank = due.trigger[rows], due.tick[rows], np.arange(len(rows))
    same = trigger[1:] == trigger[:-1]
    if (same & (tick[1:] != tick[:-1])).any():
        names = pl.DataFrame({"trigger": trigger, "account": pl.Series(due.names, dtype=pl.String)[rows]})
        rank[names.select(pl.arg_sort_by("trigger", "account")).to_series().to_numpy()] = np.arange(len(rows))
    return np.append(0, np.cumsum(~same))[: len(rows)], rank


@dataclass
class Under:
    """What is done under ties in turns: row: int64[n], the place of the turn; kind: int8[n]; tie: uint64[n].

    sums: int64[n, len(SUMS)]; shown: int64[n], the last event that showed the tie, −1 where none of the turn did.
    """

    row: Ints
    kind: npt.NDArray[np.int8]
    tie: Hashes
    sums: Ints
    shown: Ints

    def only(self, rows: npt.NDArray[np.intp]) -> Under:
        """Some of it."""
        return Under(self.row[rows], self.kind[rows], self.tie[rows], self.sums[rows], self.shown[rows])

    @staticmethod
    def together(parts: Sequence[Under]) -> Under:
        """Parts one after the other."""
        columns = ([getattr(part, name) for part in parts] for name in ("row", "kind", "tie", "sums", "shown"))
        return Under(*(np.concatenate(column) for column in columns))


@dataclass
class Taken:
    """The partials of turns: under: by tie (see `Under`), in any order, rows of one turn and tie to be added up.

    whole: int64[turns, len(SUMS)], all that each turn brought, nothing where it had no use beside a use of the same
    tick; asked: int64[turns] ms, its newest request, message or fetch, −1 for none.
    """

    under: Under
    whole: Ints
    asked: Ints


def in_order(turns: Turns, under: Under) -> Under:
    """Rows ordered by (trigger, kind, tie, account), those of one turn and tie added up."""
    order = _order(turns, under)
    row, kind, tie = under.row[order], under.kind[order], under.tie[order]
    starts = segment_starts(row, kind, tie)
    if len(starts) == len(order):
        return Under(row, kind, tie, under.sums[order], under.shown[order])
    sums, shown = under.sums[order], under.shown[order]
    sums, shown = np.add.reduceat(sums, starts, axis=0), np.maximum.reduceat(shown, starts)
    return Under(row[starts], kind[starts], tie[starts], sums, shown)


def _order(turns: Turns, under: Under) -> npt.NDArray[np.intp]:
    """The order of (trigger, kind, tie, account); by one number for each row, where int64 has room for it."""
    ties, code = np.unique(under.tie, return_inverse=True)
    place = turns.moment[under.row] * len(TIE_KINDS) + under.kind
    rank, size = turns.rank[under.row], len(turns)
    if (int(turns.moment.max()) + 1) * len(TIE_KINDS) * max(len(ties), 1) * size >= _MOST:
        return np.lexsort((rank, code, place))
    found: npt.NDArray[np.intp] = np.argsort((place * len(ties) + code) * size + rank)
    return found
