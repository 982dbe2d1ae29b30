"""One chunk per partition and poll, out of what an aiokafka consumer has fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import RecordTooLargeError

from streams.worker.transport.chunk import Broken, RawChunk
from streams.worker.transport.unpacking import unpack

CHUNK_BYTES = 16 * 2**20
"""A chunk's records are at most this long together, in bytes, but for its last stored batch."""


_DOUBTS: WeakKeyDictionary[Any, dict[TopicPartition, int]] = WeakKeyDictionary()
"""Where each fetcher has met damage once: met there again it is believed."""


async def fetched(consumer: Any, active: Collection[Any], timeout: float,
                  epoch: Callable[[Any], int] = lambda _: 0) -> dict[TopicPartition, RawChunk]:  # fmt: skip
    """The chunks of the active partitions, waiting up to `timeout` seconds for any; to be awaited in its own loop.

    epoch: how many times a partition was sought in. What is damaged is fetched once more before it is given up. Raises
    what a fetch has met.
    """
    fetcher = consumer._fetcher
    with fetcher._subscriptions.fetch_context():
        if fetcher._subscriptions.reassignment_in_progress:
            return {}
        found = _drained(fetcher, active, epoch)
        if not found and timeout and await _arrived(fetcher, timeout):
            found = _drained(fetcher, active, epoch)
        return found


async def _arrived(fetcher: Any, timeout: float) -> bool:
    waiter = fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait([waiter], timeout=timeout)
    if not done:
        waiter.cancel()
        return False
    waiter.result()  # raises what the fetch met
    return not fetcher._closed


def _drained(fetcher: Any, active: Collection[Any], epoch: Callable[[Any], int]) -> dict[TopicPartition, RawChunk]:
    found: dict[TopicPartition, RawChunk] = {}
    doubts = _DOUBTS.setdefault(fetcher, {})
    for tp in list(fetcher._records):
        fetched = fetcher._records[tp]
        if tp not in active:
            if not fetcher._subscriptions.is_assigned(tp):
                del fetcher._records[tp]
            continue
        if isinstance(fetched, FetchResult):
            if (chunk := _chunk(fetched, tp, epoch(tp), doubts)) is not None:
                found[tp] = chunk
            if fetched.has_more():
                continue
        elif found:
            continue  # what it raises must not take the others' chunks with it
        del fetcher._records[tp]
        fetcher._notify(fetcher._wait_consume_future)
        if not isinstance(fetched, FetchResult) and (chunk := _unframed(fetcher, fetched, tp, epoch(tp), doubts)):
            found[tp] = chunk
    return found


def _unframed(fetcher: Any, fetched: Any, tp: Any, epoch: int, doubts: MutableMapping[Any, int]) -> RawChunk | None:
    """Where no batch could be found in what was fetched, aiokafka has stepped over one offset; raises all else."""
    if not isinstance(fetched._error, RecordTooLargeError):
        fetched.check_raise()
    at, state = fetched._error.args[2], fetcher._subscriptions.subscription.assignment.state_value(tp)
    if state.position != at + 1:
        return None  # sought meanwhile
    if doubts.get(tp) != at:
        doubts[tp] = at
        state.seek(at)
        return None
    del doubts[tp]
    none, lost = np.zeros(0, np.int64), Broken(at, at, "its length cannot be right")
    return RawChunk(tp.partition, at, at, [], none, none, [], [lost], end=state.highwater or 0, epoch=epoch)


def _chunk(fetched: Any, tp: Any, epoch: int, doubts: MutableMapping[Any, int]) -> RawChunk | None:
    if not fetched.check_assignment(tp):
        return None
    state, stored = fetched._assignment.state_value(tp), fetched._partition_records
    got = unpack(stored, CHUNK_BYTES, state.highwater, doubts.get(tp))
    fetched._update_position()
    if got.doubted:
        doubts[tp] = got.next_offset
    else:
        doubts.pop(tp, None)
    if got.cut or not stored._records.has_next():
        fetched._partition_records = None
    if got.next_offset == got.first:
        return None
    return RawChunk(
        tp.partition, got.first, got.next_offset - 1, got.values, got.offsets, got.stamps, got.keys, got.broken,
        got.by_broker, state.lso or state.highwater or 0, epoch,
    )  # fmt: skip
