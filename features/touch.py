"""Whom a chunk's events touch: slots, turns, and the groups of events that are evaluated together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.arrivals import Arrived, first_seen_at, plans_at, slots_of
from features.book import Book
from features.event import EVENT_TYPES, NO_USE
from features.fold import Sorted, fold
from features.measure import Measured
from features.panes import NEVER, Fold
from features.state import State
from features.ticks import TICK_MS, Ints, running_max, segment_ends, segment_starts, turns

_RADIX_SLOTS = (1 << 16) - 1
_NO_USE = EVENT_TYPES.index(NO_USE)
_UNUSED = -1  # before every time that an event may have, and near them, as running_max likes it


@dataclass
class RankedFold:
    """A fold ordered by rank: an entity's first turn of the chunk, second …; bounds: int64[ranks + 1]."""

    fold: Fold
    bounds: Ints

    def has(self, rank: int) -> bool:
        """Whether there are rows of a rank."""
        return bool(self.bounds[rank] < self.bounds[rank + 1])

    def of_rank(self, rank: int) -> Fold:
        """The rows of one rank."""
        f, rows = self.fold, slice(int(self.bounds[rank]), int(self.bounds[rank + 1]))
        return Fold(f.slot[rows], f.tick[rows], f.sums[rows], f.maxima[rows], f.bitmaps[rows], f.lasts[rows])


@dataclass
class Touched:
    """The groups (an entity's turn) that a part's events form, ordered by slot, then turn.

    order: int64[m], the touching events by slot, then log order; group: int64[m], the group of each;
    starts: int64[g], where each group begins in `order`; slot, turn, newest, used, first_seen, arrival: int64[g]
    and plan: int16[g], as after the group; rank: int64[g], how many groups of its slot come before;
    row_slot, row_turn: int64[n] by event, −1 where it touches nobody; type_counts: int32[g, event types] or None.
    """

    order: Ints
    group: Ints
    starts: Ints
    slot: Ints
    turn: Ints
    newest: Ints
    used: Ints
    first_seen: Ints
    arrival: Ints
    arrived: Ints
    plan: npt.NDArray[np.int16]
    rank: Ints
    row_slot: Ints
    row_turn: Ints
    times: Ints
    row_newest: Ints
    type_counts: npt.NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        self.ranks = int(self.rank.max()) + 1 if len(self.rank) else 0
        self._by_rank = np.argsort(self.rank, kind="stable")
        self._bounds = np.searchsorted(self.rank[self._by_rank], np.arange(self.ranks + 1))
        self._firsts = np.flatnonzero(self.rank == 0)

    def groups_of(self, rank: int) -> Ints:
        """The groups of one rank."""
        return self._by_rank[self._bounds[rank] : self._bounds[rank + 1]]

    def closes(self, stream: Ints, wait: int) -> Ints:
        """The place in the part of the record that closes each group, its height or more for none; int64[g]."""
        at = np.searchsorted(stream // TICK_MS, self.turn + wait, side="left")
        if len(self.slot):
            followed = np.flatnonzero(self.slot[1:] == self.slot[:-1])
            at[followed] = np.minimum(at[followed], self.order[self.starts[followed + 1]])
        return at

    def first_of(self, slots: Ints) -> tuple[Ints, Ints]:
        """The place of each slot's first event in the part and its turn; −1 and NEVER where untouched."""
        rows, turn = np.full(len(slots), -1), np.full(len(slots), NEVER)
        if not len(self._firsts):
            return rows, turn
        held = self.slot[self._firsts]
        at = np.minimum(np.searchsorted(held, slots), len(held) - 1)
        found = held[at] == slots
        group = self._firsts[at[found]]
        rows[found], turn[found] = self.order[self.starts[group]], self.turn[group]
        return rows, turn

    def folds(self, book: Book, measured: Mapping[tuple[str, ...], Measured]) -> list[tuple[int, RankedFold]]:
        """The folds of every block that the part's events feed, with the block's index."""
        found = []
        for index, block in enumerate(book.blocks):
            one = measured.get(block.layout.event)
            if one is None:
                continue
            at = one.where[self.order]
            rows = np.flatnonzero(at >= 0)
            if len(rows):
                found.append((index, self._fold(book, index, one, rows, at[rows])))
        return found

    def _fold(self, book: Book, index: int, measured: Measured, rows: Ints, at: Ints) -> RankedFold:
        block, group = book.blocks[index], self.group[rows]
        measured.select({p.selection for p in (*block.layout.sums, *block.layout.maxima, *block.layout.bitmaps,
                                               *block.layout.lasts)} | set(block.layout.spacings)
                        | set(block.layout.ordinals))  # fmt: skip
        entity = self.slot[group]
        starts = segment_starts(entity)
        held = book.take_blocks(entity[starts], index)
        slot = np.repeat(held, np.diff(starts, append=len(entity)))
        folded, groups = fold(Sorted(slot, group, self.times[self.order[rows]], at), measured, block)
        return _ranked(folded, self.rank[groups], self.ranks)

    def settle(self, book: Book, groups: Ints) -> None:
        """Bring the entities of some groups (one each) to where they are after them."""
        slots = self.slot[groups]
        book.newest[slots], book.used[slots] = self.newest[groups], self.used[groups]
        book.turn[slots] = self.turn[groups]
        book.first_seen[slots], book.plan[slots] = self.first_seen[groups], self.plan[groups]
        book.arrival[slots], book.arrived[slots] = self.arrival[groups], self.arrived[groups]
        if self.type_counts is not None:
            book.type_counts[slots] += self.type_counts[groups]

    def leave_open(self, book: Book, still_open: npt.NDArray[np.bool_]) -> None:
        """Note which entities' last turns wait."""
        if len(self.slot):
            last = np.append(self.slot[1:] != self.slot[:-1], True)
            book.open[self.slot[last]] = still_open[last]


def _ranked(folded: Fold, rank: Ints, ranks: int) -> RankedFold:
    if ranks > 1:
        order = np.argsort(rank, kind="stable")
        folded = Fold(folded.slot[order], folded.tick[order], folded.sums[order], folded.maxima[order],
                      folded.bitmaps[order], folded.lasts[order])  # fmt: skip
        rank = rank[order]
    return RankedFold(folded, np.searchsorted(rank, np.arange(ranks + 1)))


def touch(state: State, book: Book, part: Arrived) -> Touched:
    """Find or give slots to all entities of a kind that the events touch, and their turns."""
    row_slot, unheard = slots_of(book, part)
    order = _by_slot(row_slot, len(book.names))
    slot, time, stream = row_slot[order], part.time[order], part.stream[order]
    starts = segment_starts(slot)
    held = slot[starts]
    newest = running_max(time, starts, _or(book.newest[held], time[starts]))
    raw = turns(newest, stream)
    turn = running_max(raw, starts, _or(book.turn[held], raw[starts]))
    groups = segment_starts(slot, turn)
    ends = segment_ends(groups, len(order))
    height, group = part.events.height, np.repeat(np.arange(len(groups)), np.diff(groups, append=len(order)))
    return Touched(
        order=order, group=group, starts=groups,
        slot=slot[groups], turn=turn[groups], newest=newest[ends],
        used=_used(book, part, order, starts, held, newest)[ends],
        first_seen=first_seen_at(state, book, part, order, starts, ends, held, np.isin(held, unheard)),
        arrival=stream[ends], arrived=part.offset[order[ends]],
        plan=plans_at(part.plans[order], starts, ends, book.plan[held]), rank=_ranks(slot[groups]),
        row_slot=row_slot, row_turn=_scattered(turn, order, height), times=part.time,
        row_newest=_scattered(newest, order, height),
        type_counts=_type_counts(part, order, group, len(groups)) if book.type_counts.shape[1] else None,
    )  # fmt: skip


def _used(book: Book, part: Arrived, order: Ints, starts: Ints, held: Ints, newest: Ints) -> Ints:
    """The time of the newest use of each event's entity so far, NEVER for none; held: the slot of each segment."""
    before = book.used[held]
    if part.use.all() and (before == book.newest[held]).all():
        return newest
    found = running_max(np.where(part.use[order], part.time[order], _UNUSED), starts, np.maximum(before, _UNUSED))
    return np.where(found == _UNUSED, NEVER, found)


def _type_counts(part: Arrived, order: Ints, group: Ints, groups: int) -> npt.NDArray[np.int32]:
    """How many events of each type every group has."""
    width = len(EVENT_TYPES)
    counts = np.bincount(group * width + part.types[order], minlength=groups * width)
    found: npt.NDArray[np.int32] = counts.reshape(groups, width).astype(np.int32)
    found[:, _NO_USE] = 0
    return found


def _by_slot(row_slot: Ints, slots: int) -> Ints:
    """The touching events ordered by slot, then log order. Up to 65,535 slots numpy sorts by radix, far faster."""
    order = np.argsort((row_slot + 1).astype(np.uint16) if slots < _RADIX_SLOTS else row_slot, kind="stable")
    return order[int((row_slot < 0).sum()) :]


def _or(initial: Ints, first: Ints) -> Ints:
    return np.where(initial == NEVER, first, initial)


def _ranks(slot: Ints) -> Ints:
    starts = segment_starts(slot)
    return np.arange(len(slot)) - np.repeat(starts, np.diff(starts, append=len(slot)))


def _scattered(values: Ints, order: Ints, height: int) -> Ints:
    found = np.full(height, -1, np.int64)
    found[order] = values
    return found
