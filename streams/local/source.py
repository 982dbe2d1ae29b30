"""Chunks from files, standard input and the simulator: merged by stamp, in one order whatever the blocks."""

from __future__ import annotations

import codecs
import os
from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from streams.codec import Decoded
from streams.dead_letters import Buried
from streams.local.blocks import BLOCK_BYTES, Blocks, opened
from streams.local.lane import Lane, numbered
from streams.runner import Chunk, Position

Decode = Callable[[bytes], Decoded]


class Feed(Protocol):
    """Blocks of whole lines of one input."""

    @property
    def name(self) -> str:
        """What it is called in messages and dead letters."""

    @property
    def done(self) -> int:
        """How far it has been read."""

    @property
    def total(self) -> int | None:
        """How far it goes, in the same measure; None where nobody knows."""

    def next(self) -> tuple[bytes, int] | None:
        """The next block and its place; None at the end."""

    def skip_to(self, at: int) -> None:
        """Go on at a place given before."""


class FileFeed:
    """A file's blocks."""

    def __init__(self, path: Path, size: int = BLOCK_BYTES) -> None:
        source = opened(path)
        self.name, self.total = str(path), os.fstat(source.raw.fileno()).st_size
        self._raw, self._blocks = source.raw, Blocks(source, self.name, size)

    @property
    def done(self) -> int:
        """Bytes of the file read, compressed as they are."""
        return self._raw.tell()

    def next(self) -> tuple[bytes, int] | None:
        at = self._blocks.at
        block = self._blocks.next()
        if block is not None and at == 0:
            block = block.removeprefix(codecs.BOM_UTF8)  # editors put it there; it belongs to no record
        return None if block is None else (block, at)

    def skip_to(self, at: int) -> None:
        self._blocks.skip_to(at)


class ReadAhead:
    """One input's blocks, the next one read and decoded while the last one is worked on."""

    def __init__(self, feed: Feed, decode: Decode, worker: Executor) -> None:
        self._feed, self._decode, self._worker = feed, decode, worker
        self._next: Future[tuple[Decoded, int] | None] | None = None

    def next(self) -> tuple[Decoded, int] | None:
        """The next block, decoded, and its place; None at the end. Raises what reading raises."""
        found = (self._next or self._worker.submit(self._make)).result()
        self._next = self._worker.submit(self._make) if found is not None else None
        return found

    def _make(self) -> tuple[Decoded, int] | None:
        found = self._feed.next()
        return None if found is None else (self._decode(found[0]), found[1])


class MergedSource:
    """Finite inputs merged by (stamp, input, record)."""

    finite = True

    def __init__(self, feeds: Sequence[Feed], decode: Decode, position: Position | None, next_offset: int) -> None:
        places: list[Mapping[str, Any]] = list((position or {}).get("lanes", [{}] * len(feeds)))
        self._feeds, self._decode, self._offset = feeds, decode, next_offset
        self._lanes = [Lane(feed.name, decode, place, patient=True) for feed, place in zip(feeds, places, strict=True)]
        self._open = [True] * len(feeds)
        self._skipped = 0
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode")  # one: the decoder remembers types
        self._ahead = [ReadAhead(feed, decode, worker) for feed in feeds]
        for feed, place in zip(feeds, places, strict=True):
            feed.skip_to(int(place.get("at", 0)))

    def poll(self) -> Chunk | None:
        before = sum(lane.records for lane in self._lanes)
        while True:
            self._read()
            frames, dead = self._popped()
            self._skipped += sum(lane.skipped() for lane in self._lanes)
            if frames or dead or self._skipped:
                return self._chunk(frames, dead, sum(lane.records for lane in self._lanes) - before)
            if not any(self._open):
                return None

    def _read(self) -> None:
        """Read a block of each input that holds the others up."""
        for index, lane in enumerate(self._lanes):
            if self._open[index] and lane.empty:
                self._advance(index, lane)

    def _advance(self, index: int, lane: Lane) -> None:
        found = self._ahead[index].next()
        if found is None:
            lane.end()
            self._open[index] = False
        else:
            lane.settle(*found)

    def _popped(self) -> tuple[list[pl.DataFrame], list[Buried]]:
        """What can go now: whatever no open input may still have something before."""
        limits = [(lane.front, i) for i, lane in enumerate(self._lanes) if self._open[i]]
        stamp, first = min(limits) if limits and len(self._lanes) > 1 else (None, 0)
        frames, dead = [], []
        for index, lane in enumerate(self._lanes):
            frame = lane.pop(stamp, or_equal=index <= first)
            frames += [frame] if frame is not None else []
            dead += [(at, index, one.record, one) for at, one in lane.buried(stamp, or_equal=index <= first)]
        return frames, [one for *_, one in sorted(dead, key=lambda entry: entry[:3])]

    def _chunk(self, frames: list[pl.DataFrame], dead: list[Buried], records: int) -> Chunk:
        events = numbered(_merged(frames), self._decode, self._offset)
        self._offset += events.height
        keys = sum((Tally(lane.unknown_keys()) for lane in self._lanes), Tally())
        totals = [feed.total for feed in self._feeds]
        total = None if None in totals else sum(t for t in totals if t is not None)
        skipped, self._skipped = self._skipped, 0
        return Chunk(events, dead, records, keys, sum(feed.done for feed in self._feeds), total, skipped)

    def position(self) -> Position:
        return {"lanes": [lane.place() for lane in self._lanes]}


def _merged(frames: list[pl.DataFrame]) -> pl.DataFrame | None:
    if len(frames) < 2:
        return frames[0] if frames else None
    # The frames stand in input order, so a stable sort by stamp is the order (stamp, input, record).
    return pl.concat(frames).sort("stamp", maintain_order=True)
