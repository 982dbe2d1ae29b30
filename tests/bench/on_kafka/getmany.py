"""aiokafka alone: what any consumer on it has as its limit."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer
from on_kafka.asked import Asked, asked
from on_kafka.meter import Meter

_FETCH_BYTES, _PAUSE_S = 8 * 2**20, 0.01


async def run(task: Asked) -> None:
    """Until the last record."""
    consumer = AIOKafkaConsumer(task.topic, bootstrap_servers=task.bootstrap, group_id=task.group,
                                auto_offset_reset="earliest", max_partition_fetch_bytes=_FETCH_BYTES)  # fmt: skip
    meter, seen = Meter(), 0
    await consumer.start()
    try:
        while not consumer.assignment():
            await asyncio.sleep(_PAUSE_S)
        meter.begin()
        while seen < task.records:
            found = await consumer.getmany(timeout_ms=1_000)
            seen += sum(map(len, found.values()))
        meter.end(seen)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(run(asked()))
