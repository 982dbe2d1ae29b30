"""A broker's log behind aiokafka's own fetcher, so that what arrives can be harmed on the way or where it lies."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from worker.transport.stored_batches import LAST_DELTA

from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.fetching import fetched

TP = TopicPartition("log", 0)
_LONG_POLL_S = 0.005

Harm = Callable[[int, int, bytes], bytes]
"""What becomes of a batch on its way: given how many fetches there were before, its number and its bytes."""


@dataclass
class StoredLog:
    """What aiokafka takes for its client: answers fetches as a broker does, which knows where its batches truly lie.

    at_once: how many batches an answer holds at most.
    """

    batches: Sequence[bytes]
    harm: Harm
    at_once: int = 100
    fetches: int = 0
    cluster: Any = field(default_factory=lambda: SimpleNamespace(leader_for_partition=lambda _: 0))
    _metadata_max_age_ms = 300_000

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ends = [_next_offset(batch) for batch in self.batches]

    async def send(self, _node: int, request: Any) -> Any:
        ((_topic, ((partition, position, _most),)),) = request.topics
        assert 0 <= position <= self.ends[-1], f"asked for offset {position}, which the log has not"
        found = [number for number, end in enumerate(self.ends) if end > position][: self.at_once]
        if not found:
            await asyncio.sleep(_LONG_POLL_S)
        data = b"".join(self.harm(self.fetches, number, self.batches[number]) for number in found)
        self.fetches += bool(found)
        answer: tuple[Any, ...] = (partition, 0, self.ends[-1], self.ends[-1], [], data)
        return SimpleNamespace(API_VERSION=4, topics=[("log", [answer])])


async def read(log: StoredLog, deadline_s: float = 30.0) -> list[RawChunk]:
    """The chunks of the whole log; fails where they do not reach its end in time."""
    subscriptions = SubscriptionState()
    subscriptions.assign_from_user({TP})
    subscriptions.subscription.assignment.state_value(TP).seek(0)
    fetcher = Fetcher(log, subscriptions, isolation_level="read_committed")
    consumer, chunks = SimpleNamespace(_fetcher=fetcher), list[RawChunk]()
    try:
        async with asyncio.timeout(deadline_s):
            while not chunks or chunks[-1].last + 1 < log.ends[-1]:
                chunks += (await fetched(consumer, {TP}, 1.0)).values()
    finally:
        await fetcher.close()
    return chunks


def _next_offset(batch: bytes) -> int:
    base, delta = struct.unpack_from(">q", batch)[0], struct.unpack_from(">i", batch, LAST_DELTA)[0]
    return int(base + delta + 1)
