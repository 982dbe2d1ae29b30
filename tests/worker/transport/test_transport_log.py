"""What a log may hold: transactions, a start that has moved, batches that cannot be read."""

from __future__ import annotations

import asyncio
import struct
from types import SimpleNamespace
from typing import Any

import pytest
from broker import Broker
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from worker.transport.member import Member, held, joined, new_group, numbered, until, written
from worker.transport.stored_batches import PAYLOAD, harmed

from streams.worker.transport.bombs import bound_decompression


def test_aborted_records_never_come_and_the_end_is_reached(real_broker: Broker) -> None:
    """Committed ones come, aborted ones do not, and with a marker last in the log the group still has no lag."""
    topic, group = real_broker.topic("transactions"), new_group()
    member = Member(topic)

    def transact(values: list[bytes], commits: bool) -> None:
        producer.begin_transaction()
        for value in values:
            producer.send(topic, value, partition=0)
        producer.flush()
        (producer.commit_transaction if commits else producer.abort_transaction)()

    producer = KafkaProducer(**real_broker.client, transactional_id=new_group())
    producer.init_transactions()
    transact([b"kept"], True)
    transact([b"aborted"] * 3, False)
    transact([b"kept too"], True)
    transact([b"aborted again"], False)
    producer.close()

    async def story() -> None:
        async with joined(real_broker, member, group):
            await until(lambda: member.next.get(0) == 10, "for the end of the log")

    asyncio.run(story())
    assert (member.values(), member.offsets(), member.gaps) == ([b"kept", b"kept too"], [0, 6], [])
    assert held(real_broker, topic, group) == 10


def test_a_start_below_the_log_begins_where_the_log_does(real_broker: Broker) -> None:
    """The first chunk begins at the log's start, so that its holder sees how much is gone."""
    topic = real_broker.topic("retention")
    member = Member(topic, starts={0: 2})
    written(real_broker, topic, {0: numbered(20)})
    admin = KafkaAdminClient(**real_broker.client)
    admin.delete_records({TopicPartition(topic, 0): 12})
    admin.close()

    async def story() -> None:
        async with joined(real_broker, member, new_group()):
            await until(lambda: member.next.get(0) == 20, "for the end of the log")

    asyncio.run(story())
    assert (member.gaps, member.offsets()) == ([(2, 12)], list(range(12, 20)))


def test_a_bomb_stops_nobody(any_broker: Broker, restored_codecs: None) -> None:
    """A stored batch over the limit is told of as too large with its offsets; all around it is read and committed."""
    topic, group = any_broker.topic("bomb", 2), new_group()
    member = Member(topic)
    bound_decompression(2**20)

    async def story() -> None:
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(3), 1: numbered(3, 1)})
        bomb: dict[str, Any] = {"compression_type": "gzip", "max_request_size": 2**23}
        await asyncio.to_thread(written, any_broker, topic, {0: [bytes(2**21)]}, **bomb)
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(3, start=4), 1: numbered(3, 1, 3)})
        async with joined(any_broker, member, group):
            await until(lambda: (member.next.get(0), member.next.get(1)) == (7, 6), "for both ends")

    asyncio.run(story())
    told = [one for chunk in member.chunks for one in chunk.broken]
    assert [(one.first, one.last, one.too_large) for one in told] == [(3, 3, True)]
    assert member.values(0) == numbered(3) + numbered(3, start=4)
    assert member.values(1) == numbered(6, 1)
    assert (held(any_broker, topic, group, 0), held(any_broker, topic, group, 1)) == (7, 6)


@pytest.mark.parametrize("byte", [PAYLOAD + 3, 16, 9], ids=["payload", "format", "length"])
def test_a_damaged_batch_stops_nobody(any_broker: Broker, byte: int) -> None:
    """Of three batches the middle one is harmed on its way, each time: it alone is told of, the rest is read."""
    topic, group = any_broker.topic("damage", 2), new_group()
    member = Member(topic)

    async def story() -> None:
        for first in (0, 3, 6):
            await asyncio.to_thread(written, any_broker, topic, {0: numbered(3, start=first)}, linger_ms=100)
        async with joined(any_broker, member, group):
            await until(lambda: member.next.get(0) == 9, "for the end")
            harm_fetches(member, first=9, byte=byte)
            await asyncio.to_thread(written, any_broker, topic, {1: numbered(3, 1)})
            await until(lambda: member.next.get(1) == 3, "for the end of the fetch that was under way")
            await asyncio.to_thread(written, any_broker, topic, {0: numbered(3, start=9)}, linger_ms=100)
            await asyncio.to_thread(written, any_broker, topic, {0: numbered(3, start=12), 1: numbered(3, 1, 3)})
            await until(lambda: (member.next.get(0), member.next.get(1)) == (15, 6), "for both ends")

    asyncio.run(story())
    told = [at for chunk in member.chunks for one in chunk.broken for at in range(one.first, one.last + 1)]
    assert told == [9, 10, 11]
    assert member.values(0) == numbered(9) + numbered(3, start=12)
    assert (member.values(1), member.gaps) == (numbered(6, 1), [])
    assert (held(any_broker, topic, group, 0), held(any_broker, topic, group, 1)) == (15, 6)


def harm_fetches(member: Member, first: int, byte: int) -> None:
    """From now on the batch at that offset of partition 0 arrives with this byte wrong."""
    thread: Any = member.consumer.thread
    client = thread._consumer._fetcher._client
    send = client.send

    async def harmful(*arguments: Any, **options: Any) -> Any:
        answer = await send(*arguments, **options)
        if "Fetch" not in type(answer).__name__:
            return answer
        topics = [(topic, [_harmed(part, first, byte) for part in parts]) for topic, parts in answer.topics]
        return SimpleNamespace(API_VERSION=answer.API_VERSION, topics=topics)

    client.send = harmful


def _harmed(part: Any, first: int, byte: int) -> Any:
    number, *rest, data = part
    at = 0
    while number == 0 and at + 12 <= len(data):
        base, length = struct.unpack_from(">qi", data, at)
        if base == first:
            data = data[:at] + harmed(data[at:], byte, 2)
            break
        at += 12 + length
    return (number, *rest, data)
