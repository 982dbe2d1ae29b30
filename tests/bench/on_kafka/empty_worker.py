"""tipstaff's transport and agent, with nothing done to a chunk but marking it done."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from faust.types import TP
from on_kafka.asked import Asked, asked
from on_kafka.meter import Meter

from streams.worker.connection import KafkaSettings
from streams.worker.faust_app import faust_app
from streams.worker.names import Names
from streams.worker.settings import WorkerSettings
from streams.worker.transport.bombs import bound_decompression
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.consumer import ChunkConsumer


class EmptyAgent:
    """Holds places alone, and takes every chunk as done."""

    consumer: ChunkConsumer

    def __init__(self, topic: str, records: int, meter: Meter) -> None:
        self._topic, self._records, self._meter = topic, records, meter
        self._places: dict[TP, int] = {}
        self._seen = 0
        self.done = asyncio.Event()

    def begin(self) -> None:
        """All partitions are ours, and read from their first records on."""
        self._places = {tp: 0 for tp in self.consumer.assignment() if tp.topic == self._topic}
        self._meter.begin()

    def places(self) -> Mapping[TP, int]:
        return self._places

    def sought(self, epochs: Mapping[TP, int]) -> None:
        """There is one member and one rebalance: no chunk is stale."""

    async def take(self, chunk: RawChunk, generation: int) -> None:
        """Mark it done."""
        self.consumer.began()
        self.consumer.mark_done(TP(self._topic, chunk.partition), chunk.last + 1, generation)
        self.consumer.ended()
        self._seen += len(chunk.values)
        if self._seen >= self._records:
            self._meter.end(self._seen)
            self.done.set()


async def run(task: Asked) -> None:
    """Until the last record."""
    worker, names = WorkerSettings(), Names(events=task.topic, group=task.group)
    bound_decompression(int(worker.most_batch_mb * 2**20))
    agent = EmptyAgent(task.topic, task.records, Meter())
    app = faust_app(KafkaSettings(bootstrap=task.bootstrap), names, worker, agent, agent.take, _fail)
    agent.consumer = cast(ChunkConsumer, app.consumer)

    @app.on_rebalance_complete.connect(weak=False)
    async def rebalanced(_app: Any, **_: Any) -> None:
        agent.begin()

    await app.start()
    await agent.done.wait()
    await app.stop()


def _fail(error: BaseException) -> NoReturn:
    sys.stderr.write(f"the agent failed: {error!r}\n")
    os._exit(1)


if __name__ == "__main__":
    asyncio.run(run(asked()))
