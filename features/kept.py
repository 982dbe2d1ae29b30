"""The events of open turns, kept so that evidence can show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from features.catalog import Selection
from features.measure import taken
from features.state import KeptEvents, State
from features.ticks import TICK_MS, Ints

SHOWN = 5
"""Events of a turn and selection that evidence may need."""

TURN_WAIT = 2
"""Ticks past a turn at which the stream closes it."""


def drop_closed(state: State) -> None:
    """Let go of chunks none of whose turns can still be open."""
    now = (state.stream_time or 0) // TICK_MS
    state.kept = [k for k in state.kept if any(len(t) and int(t.max()) + TURN_WAIT > now for t in k.turns.values())]


def compact(state: State, selections: Iterable[tuple[str, Selection]]) -> None:
    """Keep of each open turn only the first events of each selection; what evidence shows stays the same."""
    if not state.kept:
        return
    events = pl.concat([k.events for k in state.kept], how="diagonal")
    slots = {kind: np.concatenate([k.slots[kind] for k in state.kept]) for kind in state.books}
    turns = {kind: np.concatenate([k.turns[kind] for k in state.kept]) for kind in state.books}
    needed = np.zeros(events.height, np.bool_)
    still_open = {kind: _open(state, kind, slots[kind], turns[kind]) for kind in state.books}
    asked = list(dict.fromkeys(selections))
    taking = _taken(events, [selection for _, selection in asked])
    for kind, selection in asked:
        wanted = taking[selection] & still_open[kind]
        if wanted.any():
            needed[_first_of_each(np.flatnonzero(wanted), slots[kind], turns[kind])] = True
    rows = np.flatnonzero(needed)
    state.kept = [KeptEvents(events[rows], {k: s[rows] for k, s in slots.items()},
                             {k: t[rows] for k, t in turns.items()})]  # fmt: skip


def _taken(events: pl.DataFrame, selections: Sequence[Selection]) -> dict[Selection, npt.NDArray[np.bool_]]:
    """Which events each selection takes, in one pass."""
    different = list(dict.fromkeys(selections))
    masks = events.select(taken(one).alias(str(number)) for number, one in enumerate(different))
    return {one: masks[str(number)].to_numpy() for number, one in enumerate(different)}


def _open(state: State, kind: str, slots: Ints, turns: Ints) -> npt.NDArray[np.bool_]:
    book = state.books[kind]
    if not len(book.open):
        return np.zeros(len(slots), np.bool_)
    found: npt.NDArray[np.bool_] = (slots >= 0) & book.open[slots] & (book.turn[slots] == turns)
    return found


def _first_of_each(rows: Ints, slots: Ints, turns: Ints) -> Ints:
    frame = pl.DataFrame({"row": rows, "slot": slots[rows], "turn": turns[rows]})
    return frame.group_by("slot", "turn", maintain_order=True).head(SHOWN)["row"].to_numpy()
