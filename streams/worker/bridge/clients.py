"""The bridge's Kafka clients, and what went wrong with one in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.conn import create_conn
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from streams.worker.bridge.sources import BridgeSource
from streams.worker.connection import KafkaRefused, KafkaSettings, client_options
from streams.worker.names import Names

MOST_RECORDS = 5_000
"""Records taken at one poll; also the most that come twice after a crash, for each partition written to."""

_REQUEST_MS, _CLOSE_S, _PROBE_MS = 20_000, 3.0, 5_000
_MIB = 2**20
_CONSUMING: dict[str, Any] = {
    "enable_auto_commit": False, "isolation_level": "read_committed", "auto_offset_reset": "none",
    "max_partition_fetch_bytes": 4 * _MIB, "fetch_max_bytes": 16 * _MIB, "request_timeout_ms": _REQUEST_MS,
    "session_timeout_ms": 15_000, "heartbeat_interval_ms": 3_000,
    # While results are awaited nothing is polled, and what is taken must not go to another member meanwhile.
    "max_poll_interval_ms": 24 * 3_600_000,
}  # fmt: skip
_PRODUCING: dict[str, Any] = {
    "enable_idempotence": True, "acks": "all", "compression_type": "lz4", "max_batch_size": 256 * 1024,
    "max_request_size": 8 * _MIB, "request_timeout_ms": _REQUEST_MS,
}  # fmt: skip

_LEFT: set[asyncio.Future[None]] = set()


@asynccontextmanager
async def consuming(source: BridgeSource, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of a source's topic, as a member of its group. Raises KafkaRefused where there is none to read."""
    options = client_options(source.brokers)
    consumer = AIOKafkaConsumer(group_id=group, client_id=group, **options, **_CONSUMING)
    try:
        await consumer.start()
        await look(consumer, source)
        consumer.subscribe([source.topic])
        yield consumer
    finally:
        await _closed(consumer)


async def look(consumer: AIOKafkaConsumer, source: BridgeSource) -> None:
    """Whether brokers answer and the topic is there. Raises KafkaRefused, KafkaConnectionError."""
    try:
        there = await consumer.topics()
    except KafkaError as error:
        raise KafkaConnectionError(str(error)) from None
    if source.topic not in there:
        raise KafkaRefused(f"there is no topic {source.topic}, or {_who(source.brokers)} may not see it")


async def open_producer(brokers: KafkaSettings, names: Names) -> AIOKafkaProducer:
    """A producer into our topics. Raises KafkaRefused where one of them is missing, and what opening raises."""
    producer = AIOKafkaProducer(client_id=f"{names.group}-bridge", **client_options(brokers), **_PRODUCING)
    try:
        await producer.start()
        there = (await producer.client.fetch_all_metadata()).topics()
        for topic in (names.events, names.dead_letters):
            if topic not in there:
                raise KafkaRefused(f"there is no topic {topic} to write to; `tipstaff topics apply` makes it")
    except BaseException:
        await close_producer(producer)
        raise
    return producer


async def close_producer(producer: AIOKafkaProducer) -> None:
    """Close it within a bounded time, whatever it still waits for."""
    await _closed(producer)


async def _closed(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Within a bounded time: without a broker a client may wait for ever to say farewell, even if it is cancelled."""
    closing = asyncio.ensure_future(client.stop())
    await asyncio.wait({closing}, timeout=_CLOSE_S)
    if not closing.done():
        closing.cancel()
        _LEFT.add(closing)
    closing.add_done_callback(_put_away)


def _put_away(closing: asyncio.Future[None]) -> None:
    _LEFT.discard(closing)
    if not closing.cancelled():
        closing.exception()  # what a client says that is not needed any more is no news


async def in_words(error: BaseException, brokers: KafkaSettings) -> str:
    """Why a client failed, for a person; nothing of any record is in it."""
    if isinstance(error, KafkaConnectionError):
        return f"no broker of {brokers.bootstrap} answers: {await _unreachable(brokers)}"
    if isinstance(error, TopicAuthorizationFailedError | GroupAuthorizationFailedError):
        what = "the group" if isinstance(error, GroupAuthorizationFailedError) else "the topic"
        return f"{_who(brokers)} is not allowed to use {what} {_names(error)}; let it be allowed"
    if isinstance(error, KafkaRefused):
        return str(error)
    kind, said = type(error).__name__, str(error)
    return said if kind in said else f"{kind}: {said}".removesuffix(": ")


async def _unreachable(brokers: KafkaSettings) -> str:
    """What the first broker says to a connection of its own: the clients only tell that there is none."""
    options = client_options(brokers)
    (host, _, port), *_ = [server.rpartition(":") for server in options.pop("bootstrap_servers")]
    try:
        conn = await create_conn(host, int(port), request_timeout_ms=_PROBE_MS, **options)
    except (OSError, KafkaError, TimeoutError, ValueError) as error:
        return str(error) or type(error).__name__
    conn.close()
    return "it takes connections, but does not answer in time"


def _names(error: BaseException) -> str:
    told: Sequence[Any] = error.args
    return " ".join(", ".join(sorted(map(str, one))) if isinstance(one, set | frozenset) else str(one) for one in told)


def _who(brokers: KafkaSettings) -> str:
    return f"the user {brokers.username}" if brokers.username else "this client"
