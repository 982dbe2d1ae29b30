"""Faust as it comes: an empty agent, per event or in batches."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

os.environ["NO_CYTHON"] = "1"  # the faster of Faust's two loops; read when it is imported

import faust
from on_kafka.asked import Asked, asked
from on_kafka.meter import Meter

_SERIALIZERS = {"raw": "raw", "json": "json", "take": "raw"}
_BATCH, _WITHIN_S = 1_000, 1.0


async def run(task: Asked) -> None:
    """Until the last record; `variant` is raw, json or take."""
    app = faust.App(
        task.group, broker=f"kafka://{task.bootstrap}", store="memory://", web_enabled=False,
        consumer_auto_offset_reset="earliest", topic_allow_declare=False, topic_disable_leader=True,
        worker_redirect_stdouts=False, autodiscover=False,
    )  # fmt: skip
    meter, done = Meter(), asyncio.Event()
    topic = app.topic(task.topic, value_serializer=_SERIALIZERS[task.variant], key_serializer="raw")

    @app.on_rebalance_complete.connect(weak=False)
    async def assigned(_app: Any, **_: Any) -> None:
        meter.begin()

    async def per_event(stream: Any) -> None:
        seen = 0
        async for _value in stream:
            seen += 1
            if seen == task.records:
                meter.end(seen)
                done.set()

    async def in_batches(stream: Any) -> None:
        seen = 0
        batches: AsyncIterator[list[Any]] = stream.take(_BATCH, within=_WITHIN_S)
        async for batch in batches:
            seen += len(batch)
            if seen == task.records:
                meter.end(seen)
                done.set()

    app.agent(topic, name="empty")(in_batches if task.variant == "take" else per_event)
    await app.start()
    await done.wait()
    await app.stop()


if __name__ == "__main__":
    asyncio.run(run(asked()))
