"""Windows of clusters as of each of many minutes, read and written once for each slice of time, not for each minute.

A cluster's newest time stays in one slice of a window for many minutes: a stretch. What the window holds in it is what
it held before, and all that came since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from features.cluster_layout import Pooled, columns
from features.distinct import Bitmaps
from features.panes import Block, Fold, Reading, Ring
from features.ticks import Ints, segment_starts

_Number = TypeVar("_Number", bound=np.generic)


@dataclass
class Parts:
    """Clusters' minutes, ordered by slot in the block, then minute; slot: int64[n]; as_of: int64[n] ms."""

    slot: Ints
    as_of: Ints


@dataclass
class _Stretches:
    """Where each begins among the parts, and the place of each part's; int64[stretches], int64[parts]."""

    starts: Ints
    of: Ints

    @property
    def place(self) -> Ints:
        """How many parts of its stretch come before each; int64[parts]."""
        return np.arange(len(self.of)) - self.starts[self.of]


def read_through(block: Block, pooled: Pooled, parts: Parts) -> tuple[dict[str, Reading], int]:
    """Write all and read every window as of after each part; also how many rows of the fold came too late for one.

    Each part has a row of the fold or more, and its as_of is no less than theirs, nor than those of its slot before.
    """
    found, late = {}, 0
    for ring in block.rings:
        window = ring.layout.window
        now = parts.as_of // window.pane_ms
        inside = pooled.fold.tick // window.ticks_per_pane >= now[pooled.part] - window.panes
        starts = segment_starts(parts.slot, now)
        stretches = _Stretches(starts, np.repeat(np.arange(len(starts)), np.diff(starts, append=len(now))))
        reading = _since(ring, pooled, inside, stretches)
        before = _written(ring, pooled, np.flatnonzero(inside), stretches, parts)
        reading.sums += before.sums[stretches.of]
        reading.bitmaps |= before.bitmaps[stretches.of]
        found[window.name] = reading
        late += int(len(inside) - inside.sum())
    return found, late


def _since(ring: Ring, pooled: Pooled, inside: npt.NDArray[np.bool_],
           stretches: _Stretches) -> Reading:  # fmt: skip
    """What came in each part's stretch up to it."""
    found = ring.nothing(len(stretches.of))
    sums, bitmaps = columns(ring.layout, pooled.fold)
    if not inside.all():
        sums, bitmaps = sums * inside[:, None], bitmaps * inside[:, None, None]
    totals = np.cumsum(_by_part(np.add, sums, pooled.part), axis=0)
    before = np.concatenate((np.zeros((1, sums.shape[1]), np.int64), totals))[stretches.starts]
    found.sums = totals - before[stretches.of]
    found.bitmaps = _joined_up(_by_part(np.bitwise_or, bitmaps, pooled.part), stretches.place)
    return found


def _by_part(operation: np.ufunc, rows: npt.NDArray[_Number], part: Ints) -> npt.NDArray[_Number]:
    """The rows of each part made one; most parts have one only."""
    firsts = segment_starts(part)
    found: npt.NDArray[_Number] = rows[firsts]
    others = np.delete(np.arange(len(part)), firsts)
    operation.at(found, part[others], rows[others])
    return found


def _joined_up(bitmaps: Bitmaps, place: Ints) -> Bitmaps:
    """Each row with all rows before it of its stretch; place: int64[n], how many these are."""
    by_place = np.argsort(place, kind="stable")
    bounds = np.cumsum(np.bincount(place))
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        rows = by_place[first:last]
        bitmaps[rows] |= bitmaps[rows - 1]
    return bitmaps


def _written(ring: Ring, pooled: Pooled, rows: Ints, stretches: _Stretches, parts: Parts) -> Reading:
    """Write some rows of the fold; returns what each stretch's window held before any of its own."""
    fold, stretch = pooled.fold, stretches.of[pooled.part[rows]]
    slot, as_of = parts.slot[stretches.starts], parts.as_of[stretches.starts]
    slot_starts = segment_starts(slot)
    rank = np.arange(len(slot)) - np.repeat(slot_starts, np.diff(slot_starts, append=len(slot)))
    order = np.lexsort((fold.tick[rows], stretch, rank[stretch]))
    rows, bounds = rows[order], np.searchsorted(rank[stretch][order], np.arange(int(rank.max()) + 2))
    found = ring.nothing(len(slot))
    for number in range(int(rank.max()) + 1):
        here = np.flatnonzero(rank == number)
        reading = ring.read(slot[here], as_of[here])
        found.sums[here], found.bitmaps[here] = reading.sums, reading.bitmaps
        _write(ring, fold, rows[bounds[number] : bounds[number + 1]])
    return found


def _write(ring: Ring, fold: Fold, rows: Ints) -> None:
    """Write rows of a fold, ordered by slot, then tick; none is too late."""
    one = fold
    if len(rows) < len(fold.slot) or (rows[1:] < rows[:-1]).any():
        one = Fold(fold.slot[rows], fold.tick[rows], fold.sums[rows], fold.maxima[rows], fold.bitmaps[rows],
                   fold.lasts[rows])  # fmt: skip
    ring.write(one, single=bool((one.slot[1:] != one.slot[:-1]).all()))
