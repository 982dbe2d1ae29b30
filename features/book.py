"""What is kept of the entities of one kind: who they are, their times, and their slots in the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from features.event import EVENT_TYPES, SPARSE_KINDS
from features.layout import BlockLayout
from features.panes import NEVER, Block, Slots, grown
from features.ticks import Ints

NO_PLAN = -1
_SMALLEST = 1024
_GROWTH = 1.5
_SHED_PART = 64
_REMEMBERED = 2
"""For each entity that may be kept, so many freed ones are still known by their first_seen (1,024 at least); beyond,
nothing is proven by absence any more."""


class Book:
    """The entities of one kind. Arrays are indexed by slot; a slot is an entity's while it is kept.

    newest, used, arrival, first_seen: int64 ms (used: the newest event that is use, NEVER for none; arrival is stream
    time at the last record); arrived: int64, its offset; turn: int64, the greatest so far; open: bool, whether that
    turn waits to be evaluated; plan: int16 code; evaluated: int64, how often since its slot was taken; judged: int32,
    the hour of stream time (since 1970) of the last evaluation, 0 before the first; block_slot: int32[slots, blocks],
    −1 for none; type_counts: int32[slots, event types], events of use since the slot was taken, of no width where
    nobody asks for dominant types; types: the only event types that touch the kind, None for all.
    """

    def __init__(self, kind: str, layouts: Sequence[BlockLayout], longest_ms: int, cap: int,
                 counts_types: bool = False) -> None:  # fmt: skip
        self.kind, self.longest_ms, self.cap = kind, longest_ms, cap
        self.types = tuple(sorted({t for one in layouts for t in one.event})) if kind in SPARSE_KINDS else None
        self.blocks = [Block(one) for one in layouts]
        self.slots: dict[str, int] = {}
        self.names: list[str | None] = []
        self.newest = np.empty(0, np.int64)
        self.used = np.empty(0, np.int64)
        self.arrival = np.empty(0, np.int64)
        self.arrived = np.empty(0, np.int64)
        self.first_seen = np.empty(0, np.int64)
        self.turn = np.empty(0, np.int64)
        self.open = np.empty(0, np.bool_)
        self.evaluated = np.empty(0, np.int64)
        self.judged = np.empty(0, np.int32)
        self.plan = np.empty(0, np.int16)
        self.block_slot = np.empty((0, len(layouts)), np.int32)
        self.type_counts = np.empty((0, len(EVENT_TYPES) if counts_types else 0), np.int32)
        self.remembered: dict[str, int] = {}
        self.forgetful = False
        self.free_slots: list[int] = []
        self.free_block_slots: list[list[int]] = [[] for _ in layouts]
        self.block_used = [0 for _ in layouts]

    def find(self, names: Sequence[str]) -> Slots:
        """The slots of entities, −1 for those not kept; int64[len(names)]."""
        get = self.slots.get
        return np.fromiter((get(name, -1) for name in names), np.int64, len(names))

    def take(self, names: Sequence[str]) -> Slots:
        """Slots for new entities; int64[len(names)]."""
        slots = self._vacant(len(names))
        for name, slot in zip(names, slots.tolist(), strict=True):
            self.slots[name] = slot
            self.names[slot] = name
        self.newest[slots] = self.used[slots] = self.arrival[slots] = self.turn[slots] = NEVER
        self.first_seen[slots] = np.fromiter((self.remembered.get(n, NEVER) for n in names), np.int64, len(names))
        self.open[slots], self.plan[slots], self.block_slot[slots], self.evaluated[slots] = False, NO_PLAN, -1, 0
        self.type_counts[slots] = 0
        self.judged[slots] = 0
        return slots

    def _vacant(self, count: int) -> Slots:
        reused = [self.free_slots.pop() for _ in range(min(count, len(self.free_slots)))]
        first, fresh = len(self.names), count - len(reused)
        self.names.extend([None] * fresh)
        self.reserve(len(self.names))
        return np.array(reused + list(range(first, first + fresh)), np.int64)

    def reserve(self, needed: int) -> None:
        """Make room for so many entities."""
        if needed > len(self.newest):
            self._grow(needed)

    def _grow(self, needed: int) -> None:
        capacity = larger(needed, len(self.newest))
        for name in ("newest", "used", "arrival", "arrived", "first_seen", "turn", "open", "evaluated", "judged",
                     "plan", "block_slot", "type_counts"):  # fmt: skip
            setattr(self, name, grown(getattr(self, name), capacity))

    def take_blocks(self, slots: Slots, block: int) -> Slots:
        """Each entity's slot in a block, taken now where it has none; `slots` are distinct."""
        held: npt.NDArray[np.int32] = self.block_slot[slots, block]
        lacking = slots[held < 0]
        if len(lacking):
            self.block_slot[lacking, block] = self._vacant_in_block(len(lacking), block)
            held = self.block_slot[slots, block]
        return held.astype(np.int64)

    def _vacant_in_block(self, count: int, block: int) -> Slots:
        vacant, one = self.free_block_slots[block], self.blocks[block]
        reused = [vacant.pop() for _ in range(min(count, len(vacant)))]
        first, fresh = self.block_used[block], count - len(reused)
        self.block_used[block] += fresh
        if self.block_used[block] > one.capacity:
            one.grow(larger(self.block_used[block], one.capacity))
        taken = np.array(reused + list(range(first, first + fresh)), np.int64)
        one.clear(taken)
        return taken

    def free(self, slots: Slots) -> None:
        """Forget entities, but for what is known of when they were first seen."""
        for slot in slots.tolist():
            name = self.names[slot]
            assert name is not None
            del self.slots[name]
            self.names[slot] = None
            self.remembered.pop(name, None)
            self.remembered[name] = int(self.first_seen[slot])
        self._forget()
        self.open[slots] = False
        self.free_slots.extend(slots.tolist())
        for block in range(len(self.blocks)):
            held = self.block_slot[slots, block]
            self.free_block_slots[block].extend(held[held >= 0].tolist())

    def _forget(self) -> None:
        """Let go of those remembered longest; all at once, since each look for the first passes over all gaps."""
        excess = len(self.remembered) - max(_REMEMBERED * self.cap, _SMALLEST)
        if excess > 0:
            for name in list(islice(self.remembered, excess)):
                del self.remembered[name]
            self.forgetful = True

    def was_kept(self, name: str) -> bool:
        """Whether an entity that is not kept may have been before."""
        return self.forgetful or name in self.remembered

    def kept(self) -> Slots:
        """The slots in use, ascending."""
        used = np.ones(len(self.names), np.bool_)
        used[self.free_slots] = False
        return np.flatnonzero(used)

    def silent_since(self, time: int) -> Slots:
        """The slots of entities neither heard nor dated since a time (ms)."""
        slots = self.kept()
        return slots[np.maximum(self.newest[slots], self.arrival[slots]) < time]

    def longest_silent(self) -> Slots:
        """Whom to shed when the book is full: a 64th of the cap, by the offset of their last record."""
        slots = self.kept()
        return slots[np.argsort(self.arrived[slots], kind="stable")[: max(self.cap // _SHED_PART, 1)]]

    def dominant(self, slots: Slots) -> npt.NDArray[np.int16]:
        """The event type of most of each entity's events, as its place in EVENT_TYPES, −1 for none; int16[n]."""
        counts = self.type_counts[slots]
        if not counts.shape[1]:
            return np.full(len(slots), -1, np.int16)
        return np.where(counts.any(axis=1), counts.argmax(axis=1), -1).astype(np.int16)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays that are in use."""
        own = sum(
            a.itemsize
            for a in (self.newest, self.used, self.arrival, self.arrived, self.first_seen, self.turn, self.evaluated)
        )
        own += self.type_counts.itemsize * self.type_counts.shape[1] + self.judged.itemsize
        own += self.open.itemsize + self.plan.itemsize + self.block_slot.itemsize * len(self.blocks)
        return own * len(self.names) + sum(
            block.layout.row_bytes * used for block, used in zip(self.blocks, self.block_used, strict=True)
        )


def larger(needed: int, capacity: int) -> int:
    """The next capacity."""
    return max(needed, int(capacity * _GROWTH), _SMALLEST)


def since(first_seen: Ints, as_of: Ints) -> npt.NDArray[np.float64]:
    """Seconds from first_seen to as_of, NaN where unknown; float64[n]."""
    return np.where(first_seen == NEVER, np.nan, np.maximum(as_of - first_seen, 0) / 1000)
