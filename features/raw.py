"""What is read from a book for some entities, as integers, before it is made into values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from features.book import Book
from features.panes import NEVER, Reading, Slots
from features.ticks import Ints


@dataclass
class Raw:
    """Integers read from a book for some entities, before they are made into values.

    slot: int64[rows]; as_of, first_seen: int64[rows] ms; turn: int64[rows]; plan: int16[rows] codes;
    evaluated: int64[rows], how many evaluations of the entity this one makes; dominant: int16[rows] event type
    codes, −1 for none; readings by (block, ring), lasts by block: int64[rows, columns] ms; blocks that none of them
    has are left out.
    """

    slot: Ints
    as_of: Ints
    first_seen: Ints
    turn: Ints
    plan: npt.NDArray[np.int16]
    evaluated: Ints
    dominant: npt.NDArray[np.int16]
    readings: dict[tuple[int, int], Reading] = field(default_factory=dict)
    lasts: dict[int, Ints] = field(default_factory=dict)

    @property
    def blocks(self) -> set[int]:
        """The blocks that some entity has."""
        return {index for index, _ in self.readings} | set(self.lasts)


def read(book: Book, slots: Slots) -> Raw:
    """What the book holds of entities, each as of its own newest event."""
    as_of = book.newest[slots]
    raw = Raw(slots, as_of, book.first_seen[slots], book.turn[slots], book.plan[slots], book.evaluated[slots] + 1,
              book.dominant(slots))  # fmt: skip
    for index, block in enumerate(book.blocks):
        held = book.block_slot[slots, index].astype(np.int64)
        if not (held >= 0).any():
            continue
        for number, ring in enumerate(block.rings):
            raw.readings[index, number] = ring.read(held, as_of)
        if block.layout.lasts:
            raw.lasts[index] = np.where(held[:, None] >= 0, block.lasts[held], NEVER)
    return raw


def joined(parts: Sequence[Raw], book: Book) -> Raw:
    """Several readings one under the other; a block that some part has is there for all, as zeros."""
    whole = Raw(
        np.concatenate([p.slot for p in parts]),
        np.concatenate([p.as_of for p in parts]), np.concatenate([p.first_seen for p in parts]),
        np.concatenate([p.turn for p in parts]), np.concatenate([p.plan for p in parts]),
        np.concatenate([p.evaluated for p in parts]), np.concatenate([p.dominant for p in parts]),
    )  # fmt: skip
    bounds = np.cumsum([0, *(len(p.slot) for p in parts)])
    height = int(bounds[-1])
    for index in sorted(set().union(*(part.blocks for part in parts))):
        block = book.blocks[index]
        for number, ring in enumerate(block.rings):
            into = whole.readings[index, number] = ring.nothing(height)
            for part, first in zip(parts, bounds.tolist(), strict=False):
                if (found := part.readings.get((index, number))) is not None:
                    into.put(found, first)
        if block.layout.lasts:
            lasts = whole.lasts[index] = np.full((height, len(block.layout.lasts)), NEVER)
            for part, first in zip(parts, bounds.tolist(), strict=False):
                if index in part.lasts:
                    lasts[first : first + len(part.slot)] = part.lasts[index]
    return whole
