"""The state of windows: rings of integer panes in numpy arrays, a block per event family, a slot per entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from features.distinct import WORDS, Bitmaps
from features.layout import BlockLayout, RingLayout
from features.ticks import Ints, segment_ends, segment_starts

Slots = npt.NDArray[np.int64]

NEVER = -(1 << 62)
"""A time or ordinal that was never set."""

_EMPTY = np.iinfo(np.int32).min
_BATCH = 4096  # rows gathered at once: they stay in cache


@dataclass
class Fold:
    """A block's partial sums, a row per slot and tick, ordered by slot, then tick.

    slot, tick: int64[rows]; sums, maxima: int64[rows, columns] (maxima lifted so that 0 is none);
    bitmaps: uint64[rows, columns, 8]; lasts: int64[rows, columns] ms.
    """

    slot: Slots
    tick: Ints
    sums: Ints
    maxima: Ints
    bitmaps: Bitmaps
    lasts: Ints


@dataclass
class Reading:
    """A ring read as of a time: int64[rows, columns] sums and maxima, uint64[rows, columns, 8] bitmaps.

    before: uint64[rows, compared, 8], of all panes but the running one and the one before it.
    """

    sums: Ints
    maxima: Ints
    bitmaps: Bitmaps
    before: Bitmaps

    def put(self, other: Reading, first: int) -> None:
        """Copy another reading to the rows from `first` on."""
        rows = slice(first, first + len(other.sums))
        self.sums[rows], self.maxima[rows] = other.sums, other.maxima
        self.bitmaps[rows], self.before[rows] = other.bitmaps, other.before


class Ring:
    """One window of a block: `window.ring` panes per slot, each with the number of its slice."""

    def __init__(self, layout: RingLayout, block: BlockLayout) -> None:
        self.layout, panes = layout, layout.window.ring
        self.slices: npt.NDArray[np.int32] = np.empty((0, panes), np.int32)
        self.sums: Ints = np.empty((0, panes, len(layout.sums)), np.int64)
        self.maxima: Ints = np.empty((0, panes, len(layout.maxima)), np.int64)
        self.bitmaps: Bitmaps = np.empty((0, panes, len(layout.bitmaps), WORDS), np.uint64)
        self._sums = [block.sums.index(p) for p in layout.sums]
        self._maxima = [block.maxima.index(p) for p in layout.maxima]
        self._bitmaps = [block.bitmaps.index(p) for p in layout.bitmaps]
        self._compared = [layout.bitmaps.index(p) for p in layout.compared]

    def grow(self, capacity: int) -> None:
        """Make room for more slots."""
        self.slices = grown(self.slices, capacity, _EMPTY)
        self.sums, self.maxima = grown(self.sums, capacity), grown(self.maxima, capacity)
        self.bitmaps = grown(self.bitmaps, capacity)

    def clear(self, slots: Slots) -> None:
        """Empty the slots; their sums are zeroed when a pane is next written."""
        self.slices[slots] = _EMPTY

    def write(self, fold: Fold, single: bool) -> int:
        """Add a fold, `single` if it has a row per slot; returns how many of its rows were too late for this window."""
        slices = fold.tick // self.layout.window.ticks_per_pane
        if single:
            starts, slot, keep = None, fold.slot, np.ones(len(slices), np.bool_)
        else:
            starts = segment_starts(fold.slot, slices)
            slot, slices = fold.slot[starts], slices[starts]
            keep = slices > _greatest(slot, slices) - self.layout.window.ring
        place = slices % self.layout.window.ring
        stored = self.slices[slot, place]
        keep &= slices >= stored
        everything = bool(keep.all())
        rows = slice(None) if everything else np.flatnonzero(keep)
        at, fresh = (slot[rows], place[rows]), (slices > stored)[rows]
        self.slices[at] = slices[rows]
        self._add(fold, starts, rows, at, fresh)
        return 0 if everything else int(len(keep) - keep.sum())

    def _add(self, fold: Fold, starts: Slots | None, rows: slice | Slots, at: tuple[Slots, Slots],
             fresh: npt.NDArray[np.bool_]) -> None:  # fmt: skip
        if self._sums:
            added = _reduced(np.add, fold.sums[:, self._sums], starts)[rows]
            self.sums[at] = _kept(self.sums[at], fresh) + added
        if self._maxima:
            greatest = _reduced(np.maximum, fold.maxima[:, self._maxima], starts)[rows]
            self.maxima[at] = np.maximum(_kept(self.maxima[at], fresh), greatest)
        if self._bitmaps:
            joined = _reduced(np.bitwise_or, fold.bitmaps[:, self._bitmaps], starts)[rows]
            self.bitmaps[at] = _kept(self.bitmaps[at], fresh) | joined

    def nothing(self, height: int) -> Reading:
        """What is read of entities without any event."""
        return Reading(
            np.zeros((height, len(self._sums)), np.int64), np.zeros((height, len(self._maxima)), np.int64),
            np.zeros((height, len(self._bitmaps), WORDS), np.uint64),
            np.zeros((height, len(self._compared), WORDS), np.uint64),
        )  # fmt: skip

    def read(self, slots: Slots, as_of: Ints) -> Reading:
        """The window of each slot as of a time; slots: int64[rows], −1 for none; as_of: int64[rows] ms."""
        found = self.nothing(len(slots))
        oldest = as_of // self.layout.window.pane_ms - self.layout.window.panes
        present = np.flatnonzero(slots >= 0)
        for first in range(0, len(present), _BATCH):
            rows = present[first : first + _BATCH]
            self._read(slots[rows], oldest[rows], rows, found)
        return found

    def _read(self, slots: Slots, oldest: Ints, rows: Slots, into: Reading) -> None:
        slices = self.slices[slots]
        inside = slices >= oldest[:, None]
        if self._sums:
            into.sums[rows] = np.einsum("rpc,rp->rc", self.sums[slots], inside)
        if self._maxima:
            into.maxima[rows] = (self.maxima[slots] * inside[:, :, None]).max(axis=1)
        if self._bitmaps:
            panes = self.bitmaps[slots] * inside[:, :, None, None]
            into.bitmaps[rows] = np.bitwise_or.reduce(panes, axis=1)
        if self._compared:
            older = slices < oldest[:, None] + self.layout.window.panes - 1
            into.before[rows] = np.bitwise_or.reduce(panes[:, :, self._compared] * older[:, :, None, None], axis=1)


class Block:
    """The rings and marks of one event family."""

    def __init__(self, layout: BlockLayout) -> None:
        self.layout = layout
        self.rings = [Ring(ring, layout) for ring in layout.rings]
        self.lasts: Ints = np.empty((0, len(layout.lasts)), np.int64)
        self.spacings: Ints = np.empty((0, len(layout.spacings)), np.int64)
        self.ordinals: Ints = np.empty((0, len(layout.ordinals)), np.int64)

    @property
    def capacity(self) -> int:
        """Slots there is room for."""
        return len(self.lasts)

    def grow(self, capacity: int) -> None:
        """Make room for more slots."""
        for ring in self.rings:
            ring.grow(capacity)
        self.lasts, self.spacings = grown(self.lasts, capacity, NEVER), grown(self.spacings, capacity, NEVER)
        self.ordinals = grown(self.ordinals, capacity, NEVER)

    def clear(self, slots: Slots) -> None:
        """Empty the slots."""
        for ring in self.rings:
            ring.clear(slots)
        self.lasts[slots] = self.spacings[slots] = self.ordinals[slots] = NEVER

    def write(self, fold: Fold) -> int:
        """Add a fold to every window; returns how many panes of it were too late."""
        if len(self.layout.lasts):
            np.maximum.at(self.lasts, fold.slot, fold.lasts)
        single = bool((fold.slot[1:] != fold.slot[:-1]).all())
        return sum(ring.write(fold, single) for ring in self.rings)


_Number = TypeVar("_Number", bound=np.generic)


def grown(array: npt.NDArray[_Number], capacity: int, fill: int = 0) -> npt.NDArray[_Number]:
    """A copy with room for `capacity` rows; the new ones hold `fill` (0 costs no memory until written)."""
    new = np.zeros((capacity, *array.shape[1:]), array.dtype)
    new[: len(array)] = array
    if fill:
        new[len(array) :] = fill
    return new


def _greatest(slot: Slots, slices: Ints) -> Ints:
    """The greatest slice of each row's slot; rows are ordered by slot, then slice."""
    starts = segment_starts(slot)
    return np.repeat(slices[segment_ends(starts, len(slot))], np.diff(starts, append=len(slot)))


def _reduced(operation: np.ufunc, rows: npt.NDArray[_Number], starts: Slots | None) -> npt.NDArray[_Number]:
    if starts is None or len(starts) == len(rows):
        return rows
    found: npt.NDArray[_Number] = operation.reduceat(rows, starts, axis=0)
    return found


def _kept(panes: npt.NDArray[_Number], fresh: npt.NDArray[np.bool_]) -> npt.NDArray[_Number]:
    panes[fresh] = 0
    return panes
