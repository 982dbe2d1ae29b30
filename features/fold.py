"""A chunk folded into one row per entity, turn and tick of the events' own time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features import distinct
from features.catalog import Primitive, Selection
from features.distinct import WORDS
from features.measure import GAP_MOST_MS, Measured, squares
from features.panes import NEVER, Block, Fold, Slots
from features.ticks import TICK_MS, Ints, running_max, segment_ends, segment_starts

ASCENDING_REACH = 3
"""How far above the last ordinal still counts as just after it: a few connections in parallel swap neighbours."""


@dataclass
class Sorted:
    """A block's events ordered by group (an entity's turn), then log order.

    slot, group, time, at: int64[m]; `at` is each event's place in the measured columns.
    """

    slot: Slots
    group: Ints
    time: Ints
    at: Ints


def fold(events: Sorted, measured: Measured, block: Block) -> tuple[Fold, Ints]:
    """The fold of one block's events, and the group of each of its rows; moves the block's marks on."""
    sequences = _sequences(events, measured, block)
    tick = events.time // TICK_MS
    order = _by_tick(events.group, tick)
    if order is not None:
        events = Sorted(events.slot[order], events.group[order], events.time[order], events.at[order])
        tick, sequences = tick[order], {label: values[order] for label, values in sequences.items()}
    starts = segment_starts(events.group, tick)
    rows = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(tick)))
    layout = block.layout

    def added(primitive: Primitive) -> Ints:
        found = sequences.get(primitive.label)
        return measured.added(primitive)[events.at] if found is None else found

    return Fold(
        slot=events.slot[starts], tick=tick[starts],
        sums=_columns([np.add.reduceat(added(p), starts) for p in layout.sums], len(starts)),
        maxima=_columns([np.maximum.reduceat(added(p), starts) for p in layout.maxima], len(starts)),
        bitmaps=_bitmaps(events, measured, layout.bitmaps, rows, len(starts)),
        lasts=_columns([_last(events, measured, p.selection, starts) for p in layout.lasts], len(starts)),
    ), events.group[starts]  # fmt: skip


def _by_tick(group: Ints, tick: Ints) -> Ints | None:
    """The order by group and tick, or None where the events already have it."""
    falls = (group[1:] == group[:-1]) & (tick[1:] < tick[:-1])
    return np.lexsort((tick, group)) if falls.any() else None


def _columns(columns: list[Ints], height: int) -> Ints:
    return np.stack(columns, axis=1) if columns else np.zeros((height, 0), np.int64)


def _bitmaps(events: Sorted, measured: Measured, primitives: tuple[Primitive, ...], rows: Ints,
             height: int) -> npt.NDArray[np.uint64]:  # fmt: skip
    found = np.zeros((height, len(primitives), WORDS), np.uint64)
    for column, primitive in enumerate(primitives):
        taken = measured.mask(primitive.selection)[events.at]
        bits = measured.bits(primitive)[events.at]
        found[:, column] = distinct.gather(rows[taken], bits[taken], height)
    return found


def _last(events: Sorted, measured: Measured, selection: Selection, starts: Ints) -> Ints:
    times = np.where(measured.mask(selection)[events.at], events.time, NEVER)
    return np.maximum.reduceat(times, starts)


def _sequences(events: Sorted, measured: Measured, block: Block) -> dict[str, Ints]:
    """What depends on the order of an entity's events: gaps and ascents, by primitive label."""
    found: dict[str, Ints] = {}
    for column, selection in enumerate(block.layout.spacings):
        found |= _gaps(events, measured.mask(selection)[events.at], selection, block.spacings[:, column])
    for column, selection in enumerate(block.layout.ordinals):
        ordinals = measured.ordinals(selection)[events.at]
        taken = measured.mask(selection)[events.at] & (ordinals != NEVER)
        found |= _ascents(events, ordinals, taken, selection, block.ordinals[:, column])
    return found


def _gaps(events: Sorted, taken: npt.NDArray[np.bool_], selection: Selection, marks: Ints) -> dict[str, Ints]:
    rows = np.flatnonzero(taken)
    slot, time = events.slot[rows], events.time[rows]
    starts = segment_starts(slot)
    initial = marks[slot[starts]]
    greatest = running_max(time, starts, np.where(initial == NEVER, time[starts], initial))
    before = _shifted(greatest, starts, initial)
    marks[slot[starts]] = greatest[segment_ends(starts, len(rows))]
    counts = (before != NEVER) & (time >= before)
    gap = np.where(counts, np.minimum(time - before, GAP_MOST_MS), 0)
    parts = {"gaps": counts.astype(np.int64), "gap": gap}
    parts |= {part: squares(gap, part) for part in ("gap_high", "gap_low")}
    return {f"{part} {selection.label}": _spread(values, rows, len(taken)) for part, values in parts.items()}


def _ascents(events: Sorted, ordinals: Ints, taken: npt.NDArray[np.bool_], selection: Selection,
             marks: Ints) -> dict[str, Ints]:  # fmt: skip
    rows = np.flatnonzero(taken)
    slot, ordinal = events.slot[rows], ordinals[rows]
    starts = segment_starts(slot)
    before = _shifted(ordinal, starts, marks[slot[starts]])
    marks[slot[starts]] = ordinal[segment_ends(starts, len(rows))]
    eligible = before != NEVER
    step = np.where(eligible, ordinal - before, 0)
    ascending = (step >= 1) & (step <= ASCENDING_REACH)
    parts = {"eligible": eligible.astype(np.int64), "ascending": ascending.astype(np.int64)}
    return {f"{part} {selection.label}": _spread(values, rows, len(taken)) for part, values in parts.items()}


def _shifted(values: Ints, starts: Ints, initial: Ints) -> Ints:
    """The value before each one in its segment, the first one's being `initial`."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[starts] = initial
    return before


def _spread(values: Ints, rows: Ints, height: int) -> Ints:
    spread = np.zeros(height, np.int64)
    spread[rows] = values
    return spread
