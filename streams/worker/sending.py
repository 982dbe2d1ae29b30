"""Records on their way to Kafka: nothing is done before every one of them has been acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outgoing:
    """A record to be sent; the partition follows from the key where none is given. value None: a tombstone."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = field(default=())
    partition: int | None = None


Send = Callable[[Sequence[Outgoing]], None]
"""Sends records and waits until all are durable. Raises Undelivered."""


class Undelivered(Exception):
    """Records that the broker has not taken; whoever sent them must not go on as if it had."""


async def send_all(producer: Any, records: Sequence[Outgoing]) -> None:
    """Through Faust's producer, every result awaited, for no longer than its request timeout. Raises Undelivered."""
    waiting: list[Any] = []
    try:
        # An idempotent producer of aiokafka goes on trying without an end while the broker is away.
        async with asyncio.timeout(producer.request_timeout):
            for one in records:
                sent = await producer.send(one.topic, one.key, one.value, one.partition, None, list(one.headers))
                waiting.append(sent)
            # Only the second of the two awaits tells whether the broker has it.
            await asyncio.gather(*waiting)
    except TimeoutError as error:
        raise _undelivered(records, f"not acknowledged within {producer.request_timeout:g} s") from error
    except Exception as error:
        raise _undelivered(records, f"{type(error).__name__}: {error}"[:200]) from error
    finally:
        _let_go(waiting)


def _undelivered(records: Sequence[Outgoing], why: str) -> Undelivered:
    topics = ", ".join(sorted({one.topic for one in records}))
    return Undelivered(f"{len(records):,} records could not be written to {topics}: {why}")


def _let_go(waiting: Sequence[Any]) -> None:
    """Nobody will ask for these results any more."""
    for one in waiting:
        if not one.cancel() and not one.cancelled():
            one.exception()


def blocking(producer: Callable[[], Any], loop: asyncio.AbstractEventLoop, patience_s: float) -> Send:
    """A Send for another thread than the loop's."""

    def send(records: Sequence[Outgoing]) -> None:
        if not records:
            return
        done = asyncio.run_coroutine_threadsafe(send_all(producer(), records), loop)
        try:
            done.result(patience_s)
        except TimeoutError:
            done.cancel()
            raise Undelivered(f"{len(records):,} records were not acknowledged within {patience_s:g} s") from None

    return send
