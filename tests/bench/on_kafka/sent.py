"""Slices sent when they are due, and the stamps that the broker gave their records."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata
from on_kafka.live import SLICE_MS, Plan, Probe, Slice
from on_kafka.passes import Failed


@dataclass
class Sent:
    """records: how many; late_s: how much later than planned a slice was begun, at most.

    Firsts and stamps (ms) are of stored batches, by partition, in their order.
    """

    records: int = 0
    late_s: float = 0.0
    ends: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    firsts: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    stamps: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def stamp(self, probe: Probe) -> int:
        """When the broker had the record, ms."""
        batch = int(np.searchsorted(self.firsts[probe.partition], probe.offset, side="right")) - 1
        return self.stamps[probe.partition][batch]


async def sent(producer: AIOKafkaProducer, topic: str, plan: Plan, made: Sequence[Slice]) -> Sent:
    """Each slice at its end, every result awaited. Raises Failed where a record is not where it was planned to be."""
    found, waiting = Sent(), []
    for number, one in enumerate(made):
        due_s = (plan.begins(number) + SLICE_MS) / 1_000
        await asyncio.sleep(max(due_s - time.time(), 0))
        found.late_s = max(found.late_s, time.time() - due_s)
        for partition, count, batch in one.batches:
            waiting.append((partition, count, await producer.send_batch(batch, topic, partition=partition)))
    for partition, count, future in waiting:
        _note(found, partition, count, await future)
    return found


def _note(found: Sent, partition: int, count: int, where: RecordMetadata) -> None:
    if where.offset != found.ends[partition]:
        raise Failed(f"record {found.ends[partition]:,} of partition {partition} lies at {where.offset:,}: somebody "
                     "else writes into the bench's topic")  # fmt: skip
    found.records += count
    found.ends[partition] += count
    found.firsts[partition].append(where.offset)
    found.stamps[partition].append(where.timestamp)
