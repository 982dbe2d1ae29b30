"""One partition on its way into the merged order: what is decoded of it, and how far it is read."""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.codec import Codec
from streams.runner import Chunk
from streams.stamps import NOTHING_YET
from streams.worker.log import HISTORY_AHEAD_MS, LIVE_AHEAD_MS, LogReader
from streams.worker.transport.chunk import RawChunk

AT = "_at"
"""The column to merge by: the running maximum of stamps, which is stream time as far as this partition tells it."""


class Lane:
    """A partition's records from offset `first` up to `end`, decoded as a worker decodes them.

    next_offset: up to where it is read; lost: how many offsets retention took before that. front: nothing still to be
    read goes before this stamp (ms).
    """

    def __init__(self, topic: str, partition: int, first: int, end: int, codec: Codec) -> None:
        self.next_offset, self.lost, self.front = first, 0, NOTHING_YET
        self._topic, self._partition, self._end, self._codec = topic, partition, end, codec
        self._ready: pl.DataFrame | None = None

    @property
    def left(self) -> int:
        """How many offsets are still to be read."""
        return max(self._end - self.next_offset, 0)

    @property
    def open(self) -> bool:
        """Whether there is more to read."""
        return self.left > 0

    @property
    def waits(self) -> bool:
        """Whether it holds the others up: nobody knows what it has next."""
        return self.open and self._ready is None

    def take(self, raw: RawChunk) -> Chunk:
        """What was fetched next, decoded; its events are ready from now on."""
        self.lost += min(raw.first, self._end) - self.next_offset
        self.next_offset = min(raw.last + 1, self._end)
        ahead_ms = LIVE_AHEAD_MS if raw.by_broker else HISTORY_AHEAD_MS
        reader, raw = LogReader(self._topic, self._partition, self._codec, ahead_ms), raw.until(self._end)
        chunk = reader.chunk(raw, reader.decode(raw))
        if chunk.events.height:
            self._queue(chunk.events)
        return chunk

    def _queue(self, events: pl.DataFrame) -> None:
        at = np.maximum(np.maximum.accumulate(events["stamp"].to_numpy()), self.front)
        self.front = int(at[-1])
        fresh = events.with_columns(pl.Series(AT, at))
        self._ready = fresh if self._ready is None else pl.concat([self._ready, fresh])

    def pop(self, up_to: int | None, or_equal: bool) -> pl.DataFrame | None:
        """Events in order, up to a stamp where one is given; None where there are none."""
        ready = self._ready
        if ready is None:
            return None
        count = ready.height
        if up_to is not None:
            count = int(ready[AT].search_sorted(up_to, side="right" if or_equal else "left"))
        self._ready = ready[count:] if count < ready.height else None
        return ready[:count] if count else None
