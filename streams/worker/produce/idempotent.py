"""A producer whose every record lies in its topic once, or is known not to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    RequestTimedOutError,
)

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.quieting import quietly
from streams.worker.topics.refusals import checked_options, said

_CLOSE_S = 3.0
_PRODUCING: dict[str, Any] = {
    "enable_idempotence": True, "acks": "all", "compression_type": "lz4", "max_batch_size": 256 * 1024,
    "max_request_size": 8 * 2**20,
}  # fmt: skip


@asynccontextmanager
async def producer_of(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """An idempotent producer. Raises KafkaRefused."""
    options = checked_options(kafka) | {"request_timeout_ms": round(kafka.patience_s * 1000)}
    with quietly():
        producer = AIOKafkaProducer(**options, **_PRODUCING)
        async with _opened(producer, kafka):
            yield producer


@asynccontextmanager
async def _opened(producer: AIOKafkaProducer, kafka: KafkaSettings) -> AsyncIterator[None]:
    try:
        try:
            await producer.start()
        except KafkaError as error:
            raise KafkaRefused(f"Kafka at {kafka.bootstrap} takes no producer: {said(error)}") from None
        yield
    finally:
        with suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(producer.stop(), _CLOSE_S)


def why(error: KafkaError, topic: str, kafka: KafkaSettings) -> str:
    """Why events did not arrive, and what to do."""
    if isinstance(error, InvalidTimestampError):
        return (f"{topic} refuses a stamp: it lies more than message.timestamp.after.max.ms after the broker's clock, "
                "or before what message.timestamp.before.max.ms allows. Change that of the topic")  # fmt: skip
    if isinstance(error, KafkaTimeoutError | KafkaConnectionError | RequestTimedOutError):
        return f"Kafka has not answered for {kafka.patience_s:g} s: check that every broker runs"
    return f"{topic} did not take them: {said(error)}"
