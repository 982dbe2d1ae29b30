"""Partitions merged by stamp into chunks: of each no more waits than was fetched of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import polars as pl

from streams.codec import Codec
from streams.dead_letters import Reason
from streams.runner import Chunk
from streams.worker.history.lane import AT, Lane
from streams.worker.transport.chunk import RawChunk

Bounds = Mapping[int, tuple[int, int]]
"""The first offset to read and the one to stop before, by partition."""


class Fetched(Protocol):
    """Where partitions' records come from."""

    def next(self, wanted: Sequence[int], read: Sequence[int]) -> Mapping[int, RawChunk]:
        """More of some of the wanted partitions, in the order of their logs; `read`: those that are done with."""


class Merging:
    """A topic's partitions in the order of (stamp, partition, offset), up to their ends."""

    def __init__(self, topic: str, bounds: Bounds, fetched: Fetched, codec: Codec) -> None:
        self._lanes = {one: Lane(topic, one, *bounds[one], codec) for one in sorted(bounds)}
        self._fetched, self._codec, self._offset = fetched, codec, 0
        self._total = sum(lane.left for lane in self._lanes.values())

    @property
    def lost(self) -> int:
        """Offsets that retention took before they were read."""
        return sum(lane.lost for lane in self._lanes.values())

    def chunks(self) -> Iterator[Chunk]:
        """To the end of every partition; events are numbered from 0 on. A chunk's `done` and `total` count records."""
        while any(lane.open for lane in self._lanes.values()):
            taken = list(self._taken())
            yield self._chunk(self._popped(), taken)

    def _taken(self) -> Iterator[Chunk]:
        """Read on until of every partition it is known what comes next."""
        while wanted := [one for one, lane in self._lanes.items() if lane.waits]:
            read = [one for one, lane in self._lanes.items() if not lane.open]
            for one, raw in self._fetched.next(wanted, read).items():
                yield self._lanes[one].take(raw)

    def _popped(self) -> list[pl.DataFrame]:
        """What can go now: whatever no partition may still have something before."""
        limits = [(lane.front, one) for one, lane in self._lanes.items() if lane.open]
        up_to, first = min(limits) if limits else (None, 0)
        frames = (lane.pop(up_to, or_equal=one <= first) for one, lane in self._lanes.items())
        return [frame for frame in frames if frame is not None]

    def _chunk(self, frames: Sequence[pl.DataFrame], taken: Sequence[Chunk]) -> Chunk:
        # The frames stand in the partitions' order, so a stable sort is the order (stamp, partition, offset).
        events = pl.concat(frames).sort(AT, maintain_order=True).drop(AT) if frames else self._none()
        events = events.with_columns(offset=np.arange(self._offset, self._offset + events.height))
        self._offset += events.height
        dead = [letter for one in taken for letter in one.dead]
        told = [letter for letter in dead if letter.reason != Reason.UNSIGNED_CONTROL]
        keys = sum((Counter(one.unknown_keys) for one in taken), Counter[str]())
        left = sum(lane.left for lane in self._lanes.values())
        return Chunk(events, told, sum(one.records for one in taken), keys, self._total - left, self._total,
                     len(dead) - len(told))  # fmt: skip

    def _none(self) -> pl.DataFrame:
        return self._codec.decode(b"").frame.with_columns(stamp=np.zeros(0, np.int64))
