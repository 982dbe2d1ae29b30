"""A process with one of its safeguards off, and the fault that this safeguard is for: the verdict must notice."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from worker.chaos.altered import altered

from detectors.episodes import Episodes
from features.gathering import Gathering
from streams.worker import sending
from streams.worker.assignment import Assignment
from streams.worker.clusters import loading as cluster_loading
from streams.worker.part import Part
from streams.worker.sending import Outgoing
from streams.worker.snapshots import restoring
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.consumer import ChunkConsumer
from streams.worker.transport.thread import ChunkThread

JUMPED = b"jumped to "
"""What such a worker says, with the offset, once its fetch position has jumped."""

_JUMP = 40
"""How many records ahead the fetch position jumps."""

_JUMPS_AFTER = 6
"""After so many chunks."""

_SLOW_S = 3.0


def guard_off() -> None:
    """Whatever chunk comes is worked on, from its own first record."""

    @altered(Assignment, "take")
    async def take(_: Any, assignment: Assignment[Part], chunk: RawChunk, generation: int) -> None:
        assignment.consumer.began()
        try:
            part = assignment.parts.get(chunk.partition)
            if part is not None:
                part.saved.next_offset = chunk.first
                await assignment._settle(chunk, part, generation)
        finally:
            assignment.consumer.ended()


def jumping() -> None:
    """The fetch position jumps ahead once, in the middle of the log and behind the worker's back."""
    passes = [0]

    @altered(ChunkConsumer, "mark_done")
    def mark_done(work: Any, consumer: ChunkConsumer, tp: TP, next_offset: int, generation: int) -> None:
        work(consumer, tp, next_offset, generation)
        passes[0] += 1
        if passes[0] == _JUMPS_AFTER:
            asyncio.get_running_loop().create_task(_jump(consumer.thread, tp, next_offset + _JUMP))


async def _jump(thread: ChunkThread, tp: TP, offset: int) -> None:
    consumer: Any = thread._ensure_consumer()

    async def seek() -> None:
        consumer.seek(driver.ensure_aiokafka_TP(tp), offset)

    await thread.call_thread(seek)
    os.write(2, JUMPED + b"%d\n" % offset)


def await_off() -> None:
    """Records count as produced as soon as they are handed over."""
    kept = set()

    @altered(sending, "send_all")
    async def send_all(work: Any, producer: Any, records: Sequence[Outgoing]) -> None:
        task = asyncio.get_running_loop().create_task(work(producer, records))
        kept.add(task)
        task.add_done_callback(kept.discard)


def slow_broker() -> None:
    """Alerts need some seconds to arrive."""

    @altered(sending, "send_all")
    async def send_all(work: Any, producer: Any, records: Sequence[Outgoing]) -> None:
        if any(one.headers for one in records):
            await asyncio.sleep(_SLOW_S)
        await work(producer, records)


def episodes_off() -> None:
    """Snapshots give no episodes back."""

    @altered(restoring, "decoded")
    def decoded(work: Any, *arguments: Any) -> Any:
        state, meta = work(*arguments)
        state.episodes = Episodes()
        return state, meta

    @altered(cluster_loading, "kept_of")
    def kept_of(work: Any, *arguments: Any) -> Any:
        kept = work(*arguments)
        kept.state.episodes = Episodes()
        return kept


def repeats_counted() -> None:
    """Records of ties count as often as they come."""

    @altered(Gathering, "_above_last")
    def above_last(work: Any, room: Gathering, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        marks, _ = work(room, rows)
        return marks, rows.filter(pl.col("tie").is_not_null())


FAULTS: dict[str, Callable[[], None]] = {
    "jumping": jumping, "slow-broker": slow_broker, "guard-off": guard_off, "await-off": await_off,
    "episodes-off": episodes_off, "repeats-counted": repeats_counted,
}  # fmt: skip
"""What may be done to a process, by name, in the order to do it in."""
