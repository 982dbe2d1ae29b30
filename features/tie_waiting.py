"""Partials of turns that may still be open, and what is taken of them when turns close."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.kept import TURN_WAIT
from features.ticks import Ints
from features.tie_partials import Partials
from features.tie_sums import NO_TIME, SUMS
from features.tie_turns import Taken, Turns, Under
from features.tie_values import TIE_KINDS

WHOLE = len(TIE_KINDS)
"""The code of rows that hold a whole turn, whatever ties it shows."""

SCHEMA = pl.Schema({
    "account": pl.String(), "turn": pl.Int64(), "kind": pl.Int8(), "tie": pl.UInt64(),
    **dict.fromkeys((*SUMS, "active_at", "shown"), pl.Int64()),
})  # fmt: skip
"""Partials as a frame: kind is a place in TIE_KINDS or WHOLE (its tie 0); active_at: the newest request, message or
fetch (ms), −1 for none and for ties; shown: the offset of the last event that showed the tie, −1 for whole turns."""

_ADDED = len(SUMS)


@dataclass
class _Block:
    """Partials, and which of their groups wait no longer; bool[groups]."""

    partials: Partials
    closed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.closed)

    def compacted(self) -> _Block:
        """Without the groups that wait no longer."""
        kept, of = self.partials, np.flatnonzero(~self.closed)
        place = np.full(len(self), -1)
        place[of] = np.arange(len(of))
        rows = np.flatnonzero(~self.closed[kept.group])
        left = Partials(kept.account[of], kept.turn[of], kept.whole[of], place[kept.group[rows]], kept.kind[rows],
                        kept.tie[rows], kept.told[rows])  # fmt: skip
        return _Block(left, np.zeros(len(of), np.bool_))


@dataclass
class Waiting:
    """Partials of several parts, a block each; of more than most_blocks, each two neighbours are made one."""

    blocks: list[_Block] = field(default_factory=list)
    most_blocks: int = 64

    def __len__(self) -> int:
        return sum(len(block) - int(block.closed.sum()) for block in self.blocks)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays and names."""
        held = [block.partials for block in self.blocks]
        arrays = [a for one in held for a in (one.turn, one.whole, one.group, one.kind, one.tie, one.told)]
        return sum(int(one.account.estimated_size()) for one in held) + sum(a.nbytes for a in arrays)

    def add(self, partials: Partials) -> None:
        """Have the partials of a part wait."""
        self.blocks.append(_Block(partials, np.zeros(len(partials.turn), np.bool_)))
        if len(self.blocks) > self.most_blocks:
            self.blocks = [_joined(self.blocks[place : place + 2]) for place in range(0, len(self.blocks), 2)]

    def take(self, turns: Turns) -> Taken:
        """The partials of turns, which wait no longer."""
        places, first = self._places(turns), 0
        brought, found = np.zeros((len(turns), _ADDED), np.int64), [_none()]
        asked = np.full(len(turns), NO_TIME)
        for block in self.blocks:
            place, kept = places[first : first + len(block)], block.partials
            first += len(block)
            mine = np.flatnonzero(place >= 0)
            if len(mine):
                np.add.at(brought, place[mine], kept.whole[mine, :_ADDED])
                np.maximum.at(asked, place[mine], kept.whole[mine, _ADDED])
                block.closed[mine] = True
                found.append(_under(kept, place))
        self._compact()
        return Taken(Under.together(found), brought, asked)

    def let_go(self, tick: int) -> None:
        """Those of turns that are over as of a tick of stream time, and were not evaluated, wait no longer."""
        for block in self.blocks:
            block.closed |= block.partials.turn + TURN_WAIT <= tick
        self._compact()

    def frame(self) -> pl.DataFrame:
        """All that waits (SCHEMA)."""
        blocks = [block.compacted().partials for block in self.blocks]
        return pl.concat([pl.DataFrame(schema=SCHEMA), *(_frame(one) for one in blocks if len(one.turn))])

    @classmethod
    def from_frame(cls, rows: pl.DataFrame) -> Waiting:
        """What a frame (SCHEMA) tells."""
        found = cls()
        if rows.height:
            found.add(_partials(rows))
        return found

    def _places(self, turns: Turns) -> Ints:
        """The place among turns of each group that waits, −1 for none; int64[groups of all blocks]."""
        places = np.full(sum(len(block) for block in self.blocks), -1)
        if len(places):
            account = pl.concat([block.partials.account for block in self.blocks], rechunk=False)
            turn = np.concatenate([block.partials.turn for block in self.blocks])
            groups = pl.DataFrame({"account": account, "turn": turn, "group": np.arange(len(turn))})
            keys = pl.DataFrame({"account": turns.account, "turn": turns.turn, "place": np.arange(len(turns))})
            found = groups.join(keys, on=["account", "turn"])
            places[found["group"].to_numpy()] = found["place"].to_numpy()
            places[np.concatenate([block.closed for block in self.blocks])] = -1
        return places

    def _compact(self) -> None:
        self.blocks = [
            block.compacted() if block.closed.sum() * 2 > len(block) else block
            for block in self.blocks if not block.closed.all()
        ]  # fmt: skip


def _joined(blocks: list[_Block]) -> _Block:
    kept = [block.compacted().partials for block in blocks]
    lengths = [len(one.turn) for one in kept]
    firsts = np.cumsum([0, *lengths[:-1]])
    turn, whole, kind, tie, told = (
        np.concatenate([getattr(one, name) for one in kept]) for name in ("turn", "whole", "kind", "tie", "told")
    )
    group = np.concatenate([one.group + first for one, first in zip(kept, firsts, strict=True)])
    both = Partials(pl.concat([one.account for one in kept]), turn, whole, group, kind, tie, told)
    return _Block(both, np.zeros(sum(lengths), np.bool_))


def _none() -> Under:
    nothing = np.zeros(0, np.int64)
    return Under(nothing, nothing.astype(np.int8), nothing.astype(np.uint64), np.zeros((0, _ADDED), np.int64), nothing)


def _under(kept: Partials, place: Ints) -> Under:
    """The rows of groups that have a place."""
    row = place[kept.group]
    mine = np.flatnonzero(row >= 0)
    told = kept.told if len(mine) == len(row) else kept.told[mine]
    return Under(row[mine], kept.kind[mine], kept.tie[mine], told[:, :_ADDED], told[:, _ADDED])


def _frame(partials: Partials) -> pl.DataFrame:
    groups, rows = len(partials.turn), len(partials.group)
    group = np.concatenate((np.arange(groups), partials.group))
    told = np.concatenate((partials.whole[:, :_ADDED], partials.told[:, :_ADDED]))
    return pl.DataFrame({
        "account": partials.account[group], "turn": partials.turn[group],
        "kind": np.concatenate((np.full(groups, WHOLE, np.int8), partials.kind)),
        "tie": np.concatenate((np.zeros(groups, np.uint64), partials.tie)),
        **{name: told[:, column] for column, name in enumerate(SUMS)},
        "active_at": np.concatenate((partials.whole[:, _ADDED], np.full(rows, NO_TIME))),
        "shown": np.concatenate((np.full(groups, NO_TIME), partials.told[:, _ADDED])),
    }, schema=SCHEMA)  # fmt: skip


def _partials(rows: pl.DataFrame) -> Partials:
    whole, ties = rows.filter(pl.col("kind") == WHOLE), rows.filter(pl.col("kind") != WHOLE)
    groups = whole.with_row_index("group").unique(["account", "turn"], keep="first", maintain_order=True)
    of = ties.join(groups.select("account", "turn", "group"), on=["account", "turn"], maintain_order="left")
    return Partials(
        whole["account"], whole["turn"].to_numpy(), whole.select(*SUMS, "active_at").to_numpy(),
        of["group"].cast(pl.Int64).to_numpy(), of["kind"].to_numpy(), of["tie"].to_numpy(),
        of.select(*SUMS, "shown").to_numpy(),
    )  # fmt: skip
