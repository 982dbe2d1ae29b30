"""Chunks into evaluations: which entities are due, and what their features are then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features import peers as peer_tables
from features.arrivals import Arrived, arrived, entity_names
from features.book import Book
from features.catalog import Catalog
from features.event import ENTITY_COLUMNS
from features.kept import TURN_WAIT, compact, drop_closed
from features.layout import layout
from features.measure import Measured, families
from features.peers import Peers
from features.state import KeptEvents, State
from features.ticks import DAY_MS, HOUR_MS, TICK_MS, Ints, turns
from features.touch import Touched, touch
from features.values import Formulas, Raw, joined, read

DEFAULT_CAP = 2_000_000
MOST_KEPT = 1_000_000
"""Events of open turns that are kept as they came; beyond, only what evidence may show."""


@dataclass
class Due:
    """Evaluations of one kind, a row each, in order of (trigger, tick, entity).

    trigger: int64 offsets; slot, turn, tick: int64; as_of: int64 ms; evaluated: int64, the how-manieth
    evaluation of the entity; values: a frame of the same height; peers: the tables in force, and those before
    the whole hour for rows that are `early` (bool), evaluated before it.
    """

    kind: str
    names: list[str]
    slot: Ints
    turn: Ints
    trigger: Ints
    as_of: Ints
    evaluated: Ints
    plan: list[str | None]
    values: pl.DataFrame
    early: npt.NDArray[np.bool_]
    peers: tuple[Peers, Peers]

    def peers_of(self, row: int) -> Peers:
        """The tables in force when a row was evaluated."""
        now, before = self.peers
        return before if self.early[row] else now

    @property
    def tick(self) -> Ints:
        """The tick of each entity's newest event."""
        return self.as_of // TICK_MS


@dataclass
class _Read:
    """Entities read at one moment: triggers int64, their names then, and their raw integers."""

    trigger: Ints
    names: list[str]
    raw: Raw
    early: bool = False


@dataclass
class Part:
    """A stretch of a chunk that crosses no whole hour: its events, whom they touch, and who became due.

    counts: bool[height], which events touch anybody; touched: slots and turns of each event by kind (for rules
    on single events and for evidence).
    """

    events: pl.DataFrame
    counts: npt.NDArray[np.bool_]
    touched: dict[str, Touched]
    due: list[Due] = field(default_factory=list)


class Observer:
    """The catalogue made ready to be computed. Holds no state: that is in `State`.

    peer_names: the value names that peer tables are made for, by kind; kinds: entity kinds to keep even
    where no feature needs them.
    """

    def __init__(self, catalog: Catalog, hash_key: str, caps: Mapping[str, int] | None = None,
                 peer_names: Mapping[str, Sequence[str]] | None = None, kinds: Sequence[str] = ()) -> None:  # fmt: skip
        self.catalog, self._hash_key, self._caps = catalog, hash_key, dict(caps or {})
        self._layouts = {kind: layout(catalog, kind) for kind in ENTITY_COLUMNS if kind in (*catalog.kinds, *kinds)}
        self._peer_names = dict(peer_names or {})
        empty = self.empty()
        self._formulas = {kind: Formulas(catalog, kind, book) for kind, book in empty.books.items()}
        self._families = sorted({block.event for blocks in self._layouts.values() for block in blocks})

    def empty(self) -> State:
        """The state before the first record."""
        return State({kind: self._book(kind) for kind in self._layouts})

    def _book(self, kind: str) -> Book:
        cap = self._caps.get(kind, DEFAULT_CAP)
        return Book(kind, self._layouts[kind], self.catalog.longest_ms(kind), cap)

    def values(self, book: Book, slots: Ints) -> pl.DataFrame:
        """Features of entities now, each as of its own newest event."""
        return self._formulas[book.kind].frame(read(book, slots))

    def births(self, state: State, kind: str) -> dict[str, int]:
        """When each value's feature, and what it is derived from, was taken up; ms by value name."""
        return {name: max(state.births[self.catalog.by_name[kind, one].identity]
                          for one in (value.feature.name, value.feature.of, value.feature.over) if one)
                for name, value in self.catalog.values[kind].items()}  # fmt: skip

    def parts(self, state: State, chunk: pl.DataFrame) -> Iterator[Part]:
        """Take in a chunk (offset, stamp, time: Int64; type and the entity columns: String), part by part.

        The state is changed; each part must be taken before the next one is made.
        """
        rest = chunk
        while rest.height:
            height = self._next_cut(state, rest)
            yield self._part(state, rest[:height])
            rest = rest[height:]

    def forget_closed(self, state: State) -> None:
        """Let go of events that no evidence can need any more."""
        drop_closed(state)
        height = sum(kept.events.height for kept in state.kept)
        if height > max(MOST_KEPT, 2 * state.compacted):  # so that what cannot shrink is not tried at every chunk
            self.compact(state)
            state.compacted = sum(kept.events.height for kept in state.kept)

    def compact(self, state: State) -> None:
        """Keep only those events of open turns that evidence may show."""
        compact(state, [(f.entity, f.selection) for f in self.catalog.features if f.event])

    def _next_cut(self, state: State, chunk: pl.DataFrame) -> int:
        """How many records come before the next whole hour or full book."""
        hours = stream_times(state, chunk) // HOUR_MS
        crossing = np.flatnonzero(hours != hours[0])
        height = int(crossing[0]) if len(crossing) else chunk.height
        for kind, book in state.books.items():
            height = min(height, _room(book, chunk[:height], kind))
        return max(height, 1)

    def _part(self, state: State, events: pl.DataFrame) -> Part:
        stream = stream_times(state, events)
        self._be_born(state, int(stream[0]))
        before = state.peers
        early = self._before_counting(state, events, int(stream[0]))
        among = families(events, self._families)
        measured = {f: Measured(events, mask, self._hash_key) for f, mask in among.items() if mask.any()}
        common = arrived(state, events, stream)
        part = Part(events, common.counts, {})
        for kind, book in state.books.items():
            touched = touch(state, book, common)
            part.touched[kind] = touched
            reads = early.get(kind, []) + self._evaluated(state, book, touched, common, measured)
            part.due += self._due(state, book, reads, before)
        state.stream_time = int(stream[-1])
        state.kept.append(KeptEvents(events, {k: t.row_slot for k, t in part.touched.items()},
                                     {k: t.row_turn for k, t in part.touched.items()}))  # fmt: skip
        return part

    def _be_born(self, state: State, now: int) -> None:
        if state.stream_time is None:
            state.stream_start = now
        for feature in self.catalog.features:
            state.births.setdefault(feature.identity, now)

    def _before_counting(self, state: State, events: pl.DataFrame, now: int) -> dict[str, list[_Read]]:
        """What a first record past a whole hour, or over a cap, does before it counts; see docs/semantics.md."""
        crossed = state.stream_time is not None and now // HOUR_MS != state.stream_time // HOUR_MS
        if not crossed and not self._full(state, events):
            return {}
        reads = {}
        for kind, book in state.books.items():
            slots = _closed_by(book, events[:1], now)
            reads[kind] = [_evaluation(book, slots, np.full(len(slots), int(events["offset"][0])), early=True)]
        if crossed:
            self._whole_hour(state, now // HOUR_MS * HOUR_MS)
        for book in self._full(state, events):
            slots = book.longest_silent()
            state.shed += len(slots)
            state.shed_open += int(book.open[slots].sum())
            book.free(slots)
        return reads

    def _whole_hour(self, state: State, hour: int) -> None:
        state.peers = self._peers(state, hour)
        for book in state.books.values():
            book.free(book.silent_since(hour - book.longest_ms))

    def _full(self, state: State, events: pl.DataFrame) -> list[Book]:
        """The books that cannot take the first event's entity."""
        return [book for kind, book in state.books.items()
                if len(book.slots) >= book.cap and _room(book, events[:1], kind) < 1]  # fmt: skip

    def _peers(self, state: State, hour: int) -> Peers:
        found: dict[peer_tables.Key, npt.NDArray[np.float64]] = {}
        for kind, book in state.books.items():
            slots = book.kept()
            slots = slots[book.newest[slots] >= hour - DAY_MS]
            names = self._peer_names.get(kind, list(self.catalog.values[kind]))
            if len(slots) and names:
                values = self._formulas[kind].frame(read(book, slots), names)
                found |= peer_tables.tables(kind, state.plan_names(book.plan[slots]), values)
        return Peers(found, hour)

    def _evaluated(self, state: State, book: Book, touched: Touched, part: Arrived,
                   measured: Mapping[tuple[str, ...], Measured]) -> list[_Read]:  # fmt: skip
        """Write every group of a part into the book, rank by rank, reading each turn as it closes."""
        waiting, closed_at = _waiting(book, touched, part.stream)
        reads = [_evaluation(book, waiting, part.offset[closed_at])]
        closes, height = touched.closes(part.stream, TURN_WAIT), part.events.height
        folds = touched.folds(book, measured)
        for rank in range(touched.ranks):
            groups = touched.groups_of(rank)
            for index, fold in folds:
                state.late += book.blocks[index].write(fold.of_rank(rank))
            touched.settle(book, groups)
            closing = groups[closes[groups] < height]
            if len(closing):
                reads.append(_evaluation(book, touched.slot[closing], part.offset[closes[closing]]))
        touched.leave_open(book, closes >= height)
        return reads

    def _due(self, state: State, book: Book, reads: list[_Read], before: Peers) -> list[Due]:
        reads = [one for one in reads if len(one.names)]
        if not reads or not self.catalog.values[book.kind]:
            return []
        triggers, raw = np.concatenate([one.trigger for one in reads]), joined([one.raw for one in reads])
        names = [name for one in reads for name in one.names]
        early = np.repeat([one.early for one in reads], [len(one.names) for one in reads])
        order = _ordered(triggers, raw.as_of // TICK_MS, names)
        values = self._formulas[book.kind].frame(raw)
        return [Due(
            book.kind, [names[i] for i in order.tolist()], raw.slot[order], raw.turn[order], triggers[order],
            raw.as_of[order], raw.evaluated[order], state.plan_names(raw.plan[order]), values[order],
            early[order], (state.peers, before),
        )]  # fmt: skip


def stream_times(state: State, chunk: pl.DataFrame) -> Ints:
    """Stream time at each record; int64[n] ms."""
    stamps = chunk["stamp"].to_numpy()
    if state.stream_time is None:
        return np.maximum.accumulate(stamps)
    return np.maximum(np.maximum.accumulate(stamps), state.stream_time)


def _evaluation(book: Book, slots: Ints, triggers: Ints, early: bool = False) -> _Read:
    """The entities as they are now, their open turns closed by it."""
    found = _Read(triggers, [str(book.names[slot]) for slot in slots.tolist()], read(book, slots), early)
    book.open[slots] = False
    book.evaluated[slots] += 1
    return found


def _room(book: Book, events: pl.DataFrame, kind: str) -> int:
    """How many of the events fit before the book would be over its cap."""
    free = book.cap - len(book.slots)
    if free >= events.height:
        return events.height
    names = entity_names(events, kind).to_frame("name").with_row_index("row")
    firsts = names.drop_nulls("name").group_by("name", maintain_order=True).agg(pl.col("row").first())
    new = np.flatnonzero(book.find(firsts["name"].to_list()) < 0)
    return events.height if len(new) <= free else int(firsts["row"][int(new[free])])


def _closed_by(book: Book, first: pl.DataFrame, now: int) -> Ints:
    """The open turns that one record closes, by its stream time or as its own entity's later turn."""
    slots = np.flatnonzero(book.open[: len(book.names)])
    closed = now // TICK_MS >= book.turn[slots] + TURN_WAIT
    for name in entity_names(first, book.kind).drop_nulls().to_list():
        slot = book.slots.get(name, -1)
        newest = max(int(book.newest[slot]), int(first["time"][0])) if slot >= 0 else 0
        turn = turns(np.array([newest]), np.array([now]))
        closed |= (slots == slot) & (turn > book.turn[slots])
    return slots[closed]


def _waiting(book: Book, touched: Touched, stream: Ints) -> tuple[Ints, Ints]:
    """Turns left open by earlier chunks that close in this one before any new record of theirs counts."""
    slots = np.flatnonzero(book.open[: len(book.names)])
    at = np.searchsorted(stream // TICK_MS, book.turn[slots] + TURN_WAIT, side="left")
    first_row, first_turn = touched.first_of(slots)
    continued = first_turn == book.turn[slots]
    at = np.where(first_row >= 0, np.minimum(at, first_row), at)
    closing = ~continued & (at < len(stream))
    return slots[closing], at[closing]


def _ordered(triggers: Ints, ticks: Ints, names: list[str]) -> npt.NDArray[np.int64]:
    frame = pl.DataFrame({"trigger": triggers, "tick": ticks, "name": names})
    return frame.select(pl.arg_sort_by("trigger", "tick", "name")).to_series().cast(pl.Int64).to_numpy()
