"""What the transport hands out: the records of one partition and poll, as they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.ticks import Ints


@dataclass(frozen=True)
class Broken:
    """A stored batch that cannot be unpacked: the offsets it stands for (both included), and why.

    too_large: it would unpack to more than is allowed.
    """

    first: int
    last: int
    detail: str
    too_large: bool = False


@dataclass(frozen=True)
class RawChunk:
    """All that a partition's log holds from offset `first` to `last`; there may be no record in it.

    offsets, stamps: int64[records]; broken: stored batches left out; by_broker: whether the broker made the stamps;
    end: where the log ended then, as far as known.
    epoch: how many times the partition was sought in before it was read.
    """

    partition: int
    first: int
    last: int
    values: Sequence[bytes]
    offsets: Ints
    stamps: Ints
    keys: Sequence[bytes | None]
    broken: Sequence[Broken] = ()
    by_broker: bool = True
    end: int = 0
    epoch: int = 0

    def until(self, offset: int) -> RawChunk:
        """The part below an offset."""
        if offset > self.last:
            return self
        row = int(np.searchsorted(self.offsets, offset))
        return replace(
            self, last=offset - 1, values=self.values[:row], offsets=self.offsets[:row], stamps=self.stamps[:row],
            keys=self.keys[:row], broken=[one for one in self.broken if one.first < offset],
        )  # fmt: skip

    def since(self, offset: int) -> RawChunk:
        """The part from an offset on."""
        if offset <= self.first:
            return self
        row = int(np.searchsorted(self.offsets, offset))
        return replace(
            self, first=offset, values=self.values[row:], offsets=self.offsets[row:], stamps=self.stamps[row:],
            keys=self.keys[row:], broken=[one for one in self.broken if one.last >= offset],
        )  # fmt: skip
