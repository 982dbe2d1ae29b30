"""Faust's consumer with its bookkeeping replaced: what the agent marks done is committed, and nothing else."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol, cast

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from faust.types.tuples import Message, ack_lock
from mode.utils.futures import notify

from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.thread import ChunkThread

QUEUED_CHUNKS = 6
"""Chunks read ahead of the agent; each is bounded in bytes."""


class Holder(Protocol):
    """Who works on the chunks."""

    def places(self) -> Mapping[TP, int]:
        """Where to read each partition that is ready from."""

    def sought(self, epochs: Mapping[TP, int]) -> None:
        """The partitions are read from their places from these epochs on."""


class Stuck(Exception):
    """A chunk was still worked on when there was no more time to wait for it."""


class _Forgetful(defaultdict[TP, int | None]):
    """Faust drops a message below one that it passed on before: after a seek that is what was asked for."""

    def __missing__(self, tp: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        pass


class ChunkConsumer(driver.Consumer):
    """Yields a message per chunk. `holder` is set before it starts; `drain_s`: the longest wait for work in flight."""

    holder: Holder
    drain_s: float = 8.0
    stuck: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._done: dict[TP, int] = {}
        self._kept: dict[TP, int] = {}
        self._queued = 0
        self._idle, self._room = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._read_offset = _Forgetful()

    def _new_consumer_thread(self) -> ChunkThread:
        return ChunkThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def thread(self) -> ChunkThread:
        """The thread that fetches."""
        return cast(ChunkThread, self._thread)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """The chunks of one poll; none of a partition or generation that is no longer ours."""
        # What is taken out of the fetcher early grows old in the queue, and in smaller chunks.
        await self._wait_for_room(1)
        found, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if not self.flow_active and not self.should_stop:
            await self.perform_seek()
            return
        for tp, chunks in (found or {}).items():
            for chunk in chunks:
                await self._wait_for_room(QUEUED_CHUNKS)
                if self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                if active is None or tp in active or tp in self._buffered_partitions:
                    self._queued += 1
                    yield tp, self._message(tp, chunk)

    async def _wait_for_room(self, most: int) -> None:
        # Faust's own back-pressure sleeps a second once every partition is held back.
        while self._queued >= most and self.flow_active and not self.should_stop:
            self._room.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._room.wait(), 0.2)

    def _message(self, tp: TP, chunk: RawChunk) -> ConsumerMessage:
        value: Any = chunk
        return ConsumerMessage(tp.topic, tp.partition, chunk.last, 0.0, 0, [], None, value, None, 0, 0, tp,
                               generation_id=self.app.consumer_generation_id)  # fmt: skip

    async def perform_seek(self) -> None:
        """Put every partition that is ready where its state goes on; what was read before is forgotten."""
        self._queued = 0
        mine = self.assignment()
        places = {tp: place for tp, place in self.holder.places().items() if tp in mine}
        if places:
            await self.seek_to(places)

    async def seek_to(self, places: Mapping[TP, int]) -> None:
        """Go on at these offsets; chunks read before are of an older epoch."""
        self.holder.sought(await self.thread.seek_to(places))

    async def committed(self, tps: Iterable[TP]) -> Mapping[TP, int | None]:
        """The group's committed offsets, None where there is none."""
        return await self.thread.committed(list(tps))

    def began(self) -> None:
        """A chunk was taken and is worked on: nothing may be revoked or stopped before it has ended."""
        self._queued = max(self._queued - 1, 0)
        self._room.set()
        self._idle.clear()

    def ended(self) -> None:
        """No chunk is worked on."""
        self._idle.set()

    def mark_done(self, tp: TP, next_offset: int, generation: int) -> None:
        """All effects of the records below an offset are durable; told under the generation the chunk came in."""
        if generation == self.app.consumer_generation_id:
            self._done[tp] = next_offset

    def ack(self, message: Message) -> bool:
        """Let go of a message; it says nothing about what may be committed."""
        with ack_lock:
            message.acked = True
            self._unacked_messages.discard(message)
            notify(self._waiting_for_ack)
            return True

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps between chunks' last offsets are what chunks are."""

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is marked done."""
        offsets = {tp: offset for tp, offset in self._done.items() if self._kept.get(tp) != offset}
        if not offsets:
            return False
        committed = await self._commit(offsets)
        if committed:
            self._kept.update(offsets)
        return committed

    async def wait_empty(self) -> None:
        """Wait for the chunk in flight and commit what is done, but for neither longer than `drain_s`."""
        try:
            await asyncio.wait_for(self._idle.wait(), self.drain_s)
        except TimeoutError:
            self.stuck(Stuck(f"a chunk was still worked on after {self.drain_s:g} s"))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._commit_last(), self.drain_s)

    async def _commit_last(self) -> None:
        # One that was under way when it was called does not know what has been marked done since.
        await self.maybe_wait_for_commit_to_finish()
        await self.commit()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit while the partitions are still ours; the base class forgets first."""
        await super().on_partitions_revoked(revoked)
        self._done.clear()
        self._kept.clear()

    async def verify_all_partitions_active(self) -> None:
        """Faust counts messages there; the worker's own watchdog looks at chunks."""
