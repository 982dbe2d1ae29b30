"""Chunks into evaluations: which entities are due, and what their features are then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.against import Against
from features.arrivals import Arrived, arrived, entity_names
from features.book import Book
from features.catalog import Catalog
from features.due import Due, Read, closed_by, evaluation, ordered, waiting_turns
from features.event import ENTITY_COLUMNS
from features.hourly import Survey, whole_hour
from features.kept import TURN_WAIT, compact, drop_closed
from features.layout import layout
from features.measure import Measured, families
from features.peers import Peers, Trained
from features.raw import joined, read
from features.state import KeptEvents, State
from features.ticks import HOUR_MS, TICK_MS, Ints
from features.touch import Touched, touch
from features.values import Formulas

DEFAULT_CAP = 2_000_000
MOST_KEPT = 1_000_000
"""Events of open turns that are kept as they came; beyond, only what evidence may show."""


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

    peer_names: the value names that peer tables are made for, by kind; kinds: entity kinds to keep even where no
    feature needs them; kept_ms: by kind, for how long silent ones are kept at least.
    """

    def __init__(self, catalog: Catalog, hash_key: str, caps: Mapping[str, int] | None = None,
                 peer_names: Mapping[str, Sequence[str]] | None = None, kinds: Sequence[str] = (),
                 trained: Trained | None = None, survey: Survey | None = None,
                 kept_ms: Mapping[str, int] | None = None) -> None:  # fmt: skip
        self._kept_ms = kept_ms or {}
        self.catalog, self.hash_key, self._caps = catalog, hash_key, dict(caps or {})
        self._layouts = {kind: layout(catalog, kind) for kind in ENTITY_COLUMNS if kind in (*catalog.kinds, *kinds)}
        asked = peer_names or {}
        self._peer_names = {kind: asked.get(kind, list(catalog.plain(kind))) for kind in self._layouts}
        self._trained, self._survey = trained or Trained(), survey
        self._against = {kind: Against(catalog, kind, self._trained) for kind in self._layouts}
        empty = self.empty()
        self._formulas = {kind: Formulas(catalog, kind, book) for kind, book in empty.books.items()}
        self._families = sorted({block.event for blocks in self._layouts.values() for block in blocks})

    def empty(self) -> State:
        """The state before the first record."""
        books = {kind: self._book(kind) for kind in self._layouts}
        return State(books, baselines={kind: one.baselines(books[kind].cap) for kind, one in self._against.items()})

    def _book(self, kind: str) -> Book:
        cap = self._caps.get(kind, DEFAULT_CAP)
        by_type = bool(self._trained.tables) or self._survey is not None
        longest = max(self.catalog.longest_ms(kind), self._kept_ms.get(kind, 0))
        return Book(kind, self._layouts[kind], longest, cap, by_type)

    def values(self, state: State, kind: str, slots: Ints) -> pl.DataFrame:
        """Features of entities now, each as of its own newest event."""
        book = state.books[kind]
        raw = joined([read(book, slots)], book)
        names = [str(book.names[slot]) for slot in slots.tolist()]
        plans = state.plan_names(raw.plan)
        values = self._formulas[kind].frame(raw)
        return self._compared(state, kind, values, names, raw.as_of, plans, raw.dominant, learn=False)

    def _compared(
        self, state: State, kind: str, values: pl.DataFrame, names: list[str], as_of: Ints,
        plans: list[str | None], dominant: npt.NDArray[np.int16], learn: bool = True,
    ) -> pl.DataFrame:  # fmt: skip
        against = self._against[kind]
        if not against.any:
            return values
        return against.joined(values, state.baselines[kind], names, as_of, plans, dominant, learn)

    def births(self, state: State, kind: str) -> dict[str, int]:
        """When each value's feature, and what it is derived from, was taken up; ms by value name."""
        return {name: max(state.births[self.catalog.by_name[kind, one].identity]
                          for one in (value.feature.name, value.feature.of, value.feature.over) if one)
                for name, value in self.catalog.values[kind].items()}  # fmt: skip

    def parts(self, state: State, chunk: pl.DataFrame, at_hour: Callable[[], object] = bool) -> Iterator[Part]:
        """Take in a chunk (offset, stamp, time: Int64; type and the entity columns: String), part by part.

        The state is changed; each part must be taken before the next one is made. at_hour: called at each whole hour of
        stream time, before anything of it counts.
        """
        rest = chunk
        while rest.height:
            height = self._next_cut(state, rest)
            if self._crosses(state, int(stream_times(state, rest[:1])[0])):
                at_hour()
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
        for book in state.books.values():
            height = min(height, _room(book, chunk[:height]))
        return max(height, 1)

    def _part(self, state: State, events: pl.DataFrame) -> Part:
        stream = stream_times(state, events)
        self._be_born(state, int(stream[0]))
        before = state.peers
        early = self._before_counting(state, events, int(stream[0]))
        among = families(events, self._families)
        measured = {f: Measured(events, mask, self.hash_key) for f, mask in among.items() if mask.any()}
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

    def _before_counting(self, state: State, events: pl.DataFrame, now: int) -> dict[str, list[Read]]:
        """What a first record past a whole hour, or over a cap, does before it counts; see docs/semantics.md."""
        crossed = self._crosses(state, now)
        if not crossed and not self._full(state, events):
            return {}
        reads = {}
        for kind, book in state.books.items():
            slots = closed_by(book, events[:1], now)
            triggers = np.full(len(slots), int(events["offset"][0]))
            reads[kind] = [evaluation(book, slots, triggers, now // HOUR_MS, early=True)]
        if crossed:
            whole_hour(state, now // HOUR_MS * HOUR_MS, self._formulas, self._peer_names, self._survey)
        for book in self._full(state, events):
            slots = book.longest_silent()
            state.shed += len(slots)
            state.shed_open += int(book.open[slots].sum())
            book.free(slots)
        return reads

    @staticmethod
    def _crosses(state: State, now: int) -> bool:
        return state.stream_time is not None and now // HOUR_MS != state.stream_time // HOUR_MS

    def _full(self, state: State, events: pl.DataFrame) -> list[Book]:
        """The books that cannot take the first event's entity."""
        return [book for kind, book in state.books.items()
                if len(book.slots) >= book.cap and _room(book, events[:1]) < 1]  # fmt: skip

    def _evaluated(self, state: State, book: Book, touched: Touched, part: Arrived,
                   measured: Mapping[tuple[str, ...], Measured]) -> list[Read]:  # fmt: skip
        """Write every group of a part into the book, rank by rank, reading each turn as it closes."""
        waiting, closed_at = waiting_turns(book, touched, part.stream)
        hour = int(part.stream[0]) // HOUR_MS  # of all its records: no part crosses a whole one
        reads = [evaluation(book, waiting, part.offset[closed_at], hour)]
        closes, height = touched.closes(part.stream, TURN_WAIT), part.events.height
        folds = touched.folds(book, measured)
        for rank in range(touched.ranks):
            groups = touched.groups_of(rank)
            for index, fold in folds:
                if fold.has(rank):
                    state.late += book.blocks[index].write(fold.of_rank(rank))
            touched.settle(book, groups)
            closing = groups[closes[groups] < height]
            if len(closing):
                reads.append(evaluation(book, touched.slot[closing], part.offset[closes[closing]], hour))
        touched.leave_open(book, closes >= height)
        return reads

    def _due(self, state: State, book: Book, reads: list[Read], before: Peers) -> list[Due]:
        reads = [one for one in reads if len(one.names)]
        if not reads or not self.catalog.values[book.kind]:
            return []
        triggers, raw = np.concatenate([one.trigger for one in reads]), joined([one.raw for one in reads], book)
        names = [name for one in reads for name in one.names]
        early = np.repeat([one.early for one in reads], [len(one.names) for one in reads])
        order = ordered(triggers, raw.as_of // TICK_MS, names)
        due = Due(
            book.kind, [names[i] for i in order.tolist()], raw.slot[order], raw.turn[order], triggers[order],
            raw.as_of[order], raw.first_seen[order], raw.evaluated[order],
            state.plan_names(raw.plan[order]), raw.dominant[order],
            self._formulas[book.kind].frame(raw)[order], early[order], (state.peers, before),
            np.concatenate([one.fresh for one in reads])[order],
        )  # fmt: skip
        due.values = self._compared(state, due.kind, due.values, due.names, due.as_of, due.plan, due.dominant)
        return [due]


def stream_times(state: State, chunk: pl.DataFrame) -> Ints:
    """Stream time at each record; int64[n] ms."""
    stamps = chunk["stamp"].to_numpy()
    if state.stream_time is None:
        return np.maximum.accumulate(stamps)
    return np.maximum(np.maximum.accumulate(stamps), state.stream_time)


def _room(book: Book, events: pl.DataFrame) -> int:
    """How many of the events fit before the book would be over its cap."""
    free = book.cap - len(book.slots)
    if free >= events.height:
        return events.height
    names = entity_names(events, book).to_frame("name").with_row_index("row")
    firsts = names.drop_nulls("name").group_by("name", maintain_order=True).agg(pl.col("row").first())
    new = np.flatnonzero(book.find(firsts["name"].to_list()) < 0)
    return events.height if len(new) <= free else int(firsts["row"][int(new[free])])
