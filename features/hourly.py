"""What a whole hour of stream time does: peer tables anew, a survey for training, and long silence forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from features.book import Book
from features.due import type_names
from features.peers import Key, Peers, tables
from features.raw import joined, read
from features.state import State
from features.ticks import DAY_MS, Ints
from features.values import Formulas

Survey = Callable[[str, list[str], list[str | None], list[str | None], pl.DataFrame], None]
"""Told at each whole hour of a kind's entities active within a day: names, plans, dominant types, plain values."""


def whole_hour(state: State, hour: int, formulas: Mapping[str, Formulas], names: Mapping[str, Sequence[str]],
               survey: Survey | None) -> None:  # fmt: skip
    """Move a state past a whole hour (ms). names: the values that peer tables are made for, by kind."""
    before = state.stream_time or 0
    found: dict[Key, npt.NDArray[np.float64]] = {}
    for kind, book in state.books.items():
        slots = _active(book, hour)
        if survey is not None and len(slots):
            _surveyed(state, book, slots, formulas[kind], survey)
        if len(slots) and names[kind]:
            values = formulas[kind].frame(joined([read(book, slots)], book), names[kind])
            found |= tables(kind, state.plan_names(book.plan[slots]), values)
    state.peers = Peers(found, hour)
    for kind, book in state.books.items():
        book.free(book.silent_since(hour - book.longest_ms))
        if before // DAY_MS != hour // DAY_MS:
            state.baselines[kind].forget(hour)


def _active(book: Book, hour: int) -> Ints:
    slots = book.kept()
    return slots[book.used[slots] >= hour - DAY_MS]


def _surveyed(state: State, book: Book, slots: Ints, formulas: Formulas, survey: Survey) -> None:
    raw = joined([read(book, slots)], book)
    entities = [str(book.names[slot]) for slot in slots.tolist()]
    survey(book.kind, entities, state.plan_names(raw.plan), type_names(raw.dominant), formulas.frame(raw))
