"""Records ordered by the tie that they are of."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from features.cluster_layout import Hashes
from features.ticks import Ints, segment_ends, segment_starts

Mask = npt.NDArray[np.bool_]

_Any = TypeVar("_Any", bound=np.generic)


class Tied:
    """Records of ties that have a slot, ordered by kind and tie, then as they came.

    rows: int64[n], their places among all records of a batch; slot: int64[n], their ties'; starts, ends: int64[ties],
    the first and last place of each tie.
    """

    def __init__(self, rows: Ints, slot: Ints) -> None:
        self.rows, self.slot = rows, slot
        self.starts = segment_starts(slot)
        self.ends = segment_ends(self.starts, len(slot))

    @property
    def slots(self) -> Ints:
        """The slot of each tie; int64[ties]."""
        return self.slot[self.starts]

    def spread(self, values: npt.NDArray[_Any]) -> npt.NDArray[_Any]:
        """What each tie has, for each of its records."""
        return np.repeat(values, self.ends - self.starts + 1)

    def only(self, mask: Mask) -> Tied:
        """Some of the records."""
        return Tied(self.rows[mask], self.slot[mask])

    def second(self, hashes: Hashes, first: Hashes) -> Ints:
        """The row of each tie's first record of another account than its first; −1 where there is none; int64[ties].

        hashes: of all records of the batch; first: by slot, the hash of each tie's first account.
        """
        none = len(hashes)
        other = np.where(hashes[self.rows] != first[self.slot], self.rows, none)
        found: Ints = np.minimum.reduceat(other, self.starts)
        return np.where(found == none, -1, found)
