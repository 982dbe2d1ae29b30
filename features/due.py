"""Evaluations: which open turns close, the entities as they are then, and the rows made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.arrivals import entity_names
from features.book import Book
from features.event import EVENT_TYPES
from features.kept import TURN_WAIT
from features.peers import Peers
from features.raw import Raw, read
from features.ticks import TICK_MS, Ints, turns
from features.touch import Touched


@dataclass
class Due:
    """Evaluations of one kind, a row each, in order of (trigger, tick, entity).

    trigger: int64 offsets; slot, turn, tick: int64; as_of, first_seen: int64 ms; evaluated: int64, the how-manieth
    evaluation of the entity; dominant: int16 codes of the type of most of its events, −1 for none; values: a frame
    of the same height; peers: the tables in force, and those before the whole hour for rows that are `early` (bool),
    evaluated before it; fresh: bool, the entity's first evaluation in this hour of stream time.
    """

    kind: str
    names: list[str]
    slot: Ints
    turn: Ints
    trigger: Ints
    as_of: Ints
    first_seen: Ints
    evaluated: Ints
    plan: list[str | None]
    dominant: npt.NDArray[np.int16]
    values: pl.DataFrame
    early: npt.NDArray[np.bool_]
    peers: tuple[Peers, Peers]
    fresh: npt.NDArray[np.bool_]

    def peers_of(self, row: int) -> Peers:
        """The tables in force when a row was evaluated."""
        now, before = self.peers
        return before if self.early[row] else now

    def dominant_of(self, row: int) -> str | None:
        """The type of most of an entity's events, None where nobody counted."""
        return type_names(self.dominant[row : row + 1])[0]

    @property
    def tick(self) -> Ints:
        """The tick of each entity's newest event."""
        return self.as_of // TICK_MS


@dataclass
class Read:
    """Entities read at one moment: triggers int64, their names then, their raw integers, and which are fresh (bool)."""

    trigger: Ints
    names: list[str]
    raw: Raw
    fresh: npt.NDArray[np.bool_]
    early: bool = False


def type_names(codes: npt.NDArray[np.int16]) -> list[str | None]:
    """The event types behind codes."""
    names: list[str | None] = [*EVENT_TYPES, None]
    return [names[code] for code in codes.tolist()]


def evaluation(book: Book, slots: Ints, triggers: Ints, hour: int, early: bool = False) -> Read:
    """The entities as they are now, their open turns closed by it; those whose newest event is no use are left out.

    slots are distinct; hour: of stream time, hours since 1970.
    """
    book.open[slots] = False
    of_use = book.used[slots] // TICK_MS == book.newest[slots] // TICK_MS
    slots, triggers = slots[of_use], triggers[of_use]
    fresh = book.judged[slots] < hour
    found = Read(triggers, [str(book.names[slot]) for slot in slots.tolist()], read(book, slots), fresh, early)
    book.evaluated[slots] += 1
    book.judged[slots] = hour
    return found


def closed_by(book: Book, first: pl.DataFrame, now: int) -> Ints:
    """The open turns that one record closes, by its stream time or as its own entity's later turn."""
    slots = np.flatnonzero(book.open[: len(book.names)])
    closed = now // TICK_MS >= book.turn[slots] + TURN_WAIT
    for name in entity_names(first, book).drop_nulls().to_list():
        slot = book.slots.get(name, -1)
        newest = max(int(book.newest[slot]), int(first["time"][0])) if slot >= 0 else 0
        turn = turns(np.array([newest]), np.array([now]))
        closed |= (slots == slot) & (turn > book.turn[slots])
    return slots[closed]


def waiting_turns(book: Book, touched: Touched, stream: Ints) -> tuple[Ints, Ints]:
    """Turns left open by earlier chunks that close in this one before any new record of theirs counts."""
    slots = np.flatnonzero(book.open[: len(book.names)])
    at = np.searchsorted(stream // TICK_MS, book.turn[slots] + TURN_WAIT, side="left")
    first_row, first_turn = touched.first_of(slots)
    continued = first_turn == book.turn[slots]
    at = np.where(first_row >= 0, np.minimum(at, first_row), at)
    closing = ~continued & (at < len(stream))
    return slots[closing], at[closing]


def ordered(triggers: Ints, ticks: Ints, names: list[str]) -> npt.NDArray[np.int64]:
    """The order of evaluations: by trigger, tick, entity; int64[rows]."""
    frame = pl.DataFrame({"trigger": triggers, "tick": ticks, "name": names})
    return frame.select(pl.arg_sort_by("trigger", "tick", "name")).to_series().cast(pl.Int64).to_numpy()
