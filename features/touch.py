"""Whom a chunk's events touch: slots, turns, and the groups of events that are evaluated together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.book import NO_PLAN, Book
from features.event import ENTITY_COLUMNS
from features.fold import Sorted, fold
from features.measure import Measured
from features.panes import NEVER, Fold
from features.state import State
from features.ticks import TICK_MS, Ints, running_max, segment_starts, turns

SEPARATOR = "\x1f"
"""Between an account's id and its key's or workload's; no id may hold a control character."""

_RADIX_SLOTS = (1 << 16) - 1
_HORIZON = 20_000_000_000_000  # past every time that an event may have, in ms


@dataclass
class RankedFold:
    """A fold ordered by rank: an entity's first turn of the chunk, second …; bounds: int64[ranks + 1]."""

    fold: Fold
    bounds: Ints

    def of_rank(self, rank: int) -> Fold:
        """The rows of one rank."""
        f, rows = self.fold, slice(int(self.bounds[rank]), int(self.bounds[rank + 1]))
        return Fold(f.slot[rows], f.tick[rows], f.sums[rows], f.maxima[rows], f.bitmaps[rows], f.lasts[rows])


@dataclass
class Touched:
    """The groups (an entity's turn) that a part's events form, ordered by slot, then turn.

    order: int64[m], the touching events by slot, then log order; group: int64[m], the group of each;
    starts: int64[g], where each group begins in `order`; slot, turn, newest, first_seen, arrival: int64[g]
    and plan: int16[g], as after the group; rank: int64[g], how many groups of its slot come before;
    row_slot, row_turn: int64[n] by event, −1 where it touches nobody.
    """

    order: Ints
    group: Ints
    starts: Ints
    slot: Ints
    turn: Ints
    newest: Ints
    first_seen: Ints
    arrival: Ints
    arrived: Ints
    plan: npt.NDArray[np.int16]
    rank: Ints
    row_slot: Ints
    row_turn: Ints
    times: Ints
    row_newest: Ints

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
        book.newest[slots], book.turn[slots] = self.newest[groups], self.turn[groups]
        book.first_seen[slots], book.plan[slots] = self.first_seen[groups], self.plan[groups]
        book.arrival[slots], book.arrived[slots] = self.arrival[groups], self.arrived[groups]

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


def counted(events: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which events count: all but heartbeats and what we denied ourselves; bool[height]."""
    mask: npt.NDArray[np.bool_] = (events["type"] != "heartbeat").to_numpy()
    denied = events["denied_by_us"] if "denied_by_us" in events.columns else None
    if denied is not None and denied.null_count() < len(denied):
        mask = mask & ~denied.fill_null(False).to_numpy()
    return mask


def entity_names(events: pl.DataFrame, kind: str) -> pl.Series:
    """The entity of one kind that each event touches, null where none."""
    name = pl.col("account_id")
    if kind != "account":
        name = pl.concat_str("account_id", ENTITY_COLUMNS[kind], separator=SEPARATOR)
    names = events.select(name.alias("name")).to_series() if kind != "account" else events["account_id"]
    counts = counted(events)
    if counts.all():
        return names
    return names.to_frame("name").select(pl.when(pl.Series(counts)).then(pl.col("name")).alias("name")).to_series()


@dataclass(frozen=True)
class Arrived:
    """What all kinds need of a part's events, made once.

    counts: bool[n], which events touch anybody; stream, time, offset: int64[n]; plans: int16[n] codes.
    """

    events: pl.DataFrame
    stream: Ints
    counts: npt.NDArray[np.bool_]
    time: Ints
    offset: Ints
    plans: npt.NDArray[np.int16]


def arrived(state: State, events: pl.DataFrame, stream: Ints) -> Arrived:
    """Prepare a part's events."""
    nobody = np.full(events.height, NO_PLAN, np.int16)
    plans = state.plan_codes(events["plan"]) if "plan" in events.columns else nobody
    return Arrived(events, stream, counted(events), events["time"].to_numpy(), events["offset"].to_numpy(), plans)


def touch(state: State, book: Book, part: Arrived) -> Touched:
    """Find or give slots to all entities of a kind that the events touch, and their turns."""
    row_slot, unheard = _slots(book, part)
    order = _by_slot(row_slot, len(book.names))
    slot, time, stream = row_slot[order], part.time[order], part.stream[order]
    starts = segment_starts(slot)
    held = slot[starts]
    newest = running_max(time, starts, _or(book.newest[held], time[starts]))
    raw = turns(newest, stream)
    turn = running_max(raw, starts, _or(book.turn[held], raw[starts]))
    groups = _group_starts(slot, turn)
    ends = np.append(groups[1:], len(order))[: len(groups)] - 1
    height = part.events.height
    return Touched(
        order=order, group=np.repeat(np.arange(len(groups)), np.diff(groups, append=len(order))), starts=groups,
        slot=slot[groups], turn=turn[groups], newest=newest[ends],
        first_seen=_first_seen(state, book, part, order, starts, ends, held, np.isin(held, unheard)),
        arrival=stream[ends], arrived=part.offset[order[ends]],
        plan=_plans(part.plans[order], starts, ends, book.plan[held]), rank=_ranks(slot[groups]),
        row_slot=row_slot, row_turn=_scattered(turn, order, height), times=part.time,
        row_newest=_scattered(newest, order, height),
    )  # fmt: skip


def _slots(book: Book, part: Arrived) -> tuple[Ints, Ints]:
    """The slot of each event's entity, −1 for none; and the slots of the entities that were never kept before."""
    columns = list(dict.fromkeys(("account_id", ENTITY_COLUMNS[book.kind])))
    rows = _named(part, columns)
    found = np.full(part.events.height, -1, np.int64)
    if not len(rows):
        return found, rows
    ids = part.events.select(columns)
    ids = ids if len(rows) == ids.height else ids[rows]
    distinct = ids.unique(maintain_order=True)
    listed = distinct.select(pl.concat_str(columns, separator=SEPARATOR)).to_series().to_list()
    slots, unheard = _found_or_taken(book, listed)
    table = distinct.with_columns(slot=slots)
    found[rows] = ids.join(table, on=columns, how="left", maintain_order="left")["slot"].to_numpy()
    return found, unheard


def _named(part: Arrived, columns: list[str]) -> Ints:
    """The events that count and name an entity."""
    named = part.counts
    for column in columns:
        missing = part.events[column].null_count()
        if missing:
            named = named & part.events[column].is_not_null().to_numpy() if missing < len(named) else ~named & named
    return np.flatnonzero(named)


def _found_or_taken(book: Book, listed: list[str]) -> tuple[Ints, Ints]:
    slots = book.find(listed)
    missing = np.flatnonzero(slots < 0)
    fresh = [listed[i] for i in missing.tolist()]
    unheard = np.array([not book.was_kept(name) for name in fresh], np.bool_)
    slots[missing] = book.take(fresh)
    return slots, slots[missing][unheard]


def _by_slot(row_slot: Ints, slots: int) -> Ints:
    """The touching events ordered by slot, then log order. Up to 65,535 slots numpy sorts by radix, far faster."""
    order = np.argsort((row_slot + 1).astype(np.uint16) if slots < _RADIX_SLOTS else row_slot, kind="stable")
    return order[int((row_slot < 0).sum()) :]


def _or(initial: Ints, first: Ints) -> Ints:
    return np.where(initial == NEVER, first, initial)


def _group_starts(slot: Ints, turn: Ints) -> Ints:
    if not len(slot):
        return np.zeros(0, np.int64)
    changed = (slot[1:] != slot[:-1]) | (turn[1:] != turn[:-1])
    return np.concatenate(([0], np.flatnonzero(changed) + 1))


def _ranks(slot: Ints) -> Ints:
    starts = segment_starts(slot)
    return np.arange(len(slot)) - np.repeat(starts, np.diff(starts, append=len(slot)))


def _scattered(values: Ints, order: Ints, height: int) -> Ints:
    found = np.full(height, -1, np.int64)
    found[order] = values
    return found


def _plans(codes: npt.NDArray[np.int16], starts: Ints, ends: Ints,
           initial: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:  # fmt: skip
    """The last plan named up to each group's end."""
    if (codes[ends] != NO_PLAN).all():
        return codes[ends]
    named = np.where(codes == NO_PLAN, -1, np.arange(len(codes)))
    latest = running_max(named, starts, np.full(len(starts), -1))[ends]
    return np.where(latest < 0, initial[_segment_of(starts, ends)], codes[latest])


def _segment_of(starts: Ints, places: Ints) -> Ints:
    return np.searchsorted(starts, places, side="right") - 1


def _first_seen(state: State, book: Book, part: Arrived, order: Ints, starts: Ints, ends: Ints,
                held: Ints, unheard_of: npt.NDArray[np.bool_]) -> Ints:  # fmt: skip
    """What has been proven of each entity's beginning up to each group's end; int64[g] ms, NEVER for nothing.

    held: the slot of each segment; unheard_of: whether it is new and was never kept before.
    """
    first = order[starts]
    time, now = part.time[first], part.stream[first]
    watched = unheard_of & (now - state.stream_start >= book.longest_ms) & (time >= now - book.longest_ms)
    known = book.first_seen[held]
    told = _earliness(part, book)
    if told is None and not watched.any():
        return known[_segment_of(starts, ends)]
    earliness = np.zeros(len(order), np.int64) if told is None else told[order]
    earliness[starts] = np.maximum(earliness[starts], np.where(watched, _HORIZON - time, 0))
    earliest = running_max(earliness, starts, np.where(known == NEVER, 0, _HORIZON - known))[ends]
    return np.where(earliest > 0, _HORIZON - earliest, NEVER)


def _earliness(part: Arrived, book: Book) -> Ints | None:
    """How long before the horizon each event proves its entity to have begun; int64[n] ms, 0 for no proof.

    None where no event proves anything.
    """
    events, created = part.events, f"{book.kind}_created_at"
    found = None
    if created in events.columns and events[created].null_count() < events.height:
        found = (_HORIZON - events[created]).fill_null(0).to_numpy().copy()
    signup = (events["type"] == "signup").to_numpy() if book.kind == "account" else None
    if signup is not None and signup.any():
        found = np.zeros(events.height, np.int64) if found is None else found
        proven = signup & (part.time >= part.stream - book.longest_ms)
        found[proven] = np.maximum(found[proven], _HORIZON - part.time[proven])
    return found
