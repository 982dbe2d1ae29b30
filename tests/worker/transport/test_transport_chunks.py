"""What the agent is handed: each record once, in its partition's order, a chunk a partition and poll."""

from __future__ import annotations

import asyncio

from broker import Broker
from worker.transport.member import Member, held, joined, new_group, numbered, until, written


def test_each_record_comes_once_and_in_order(any_broker: Broker) -> None:
    """Four partitions filled before and after it joined: every record once, chunks back to back from 0."""
    topic = any_broker.topic("each-once", 4)
    member, group = Member(topic), new_group()

    async def story() -> None:
        await asyncio.to_thread(written, any_broker, topic, {number: numbered(500, number) for number in range(4)})
        async with joined(any_broker, member, group):
            more = {number: numbered(300, number, 500) for number in range(4)}
            await asyncio.to_thread(written, any_broker, topic, more)
            await until(lambda: all(len(member.values(number)) >= 800 for number in range(4)), "for the records")

    asyncio.run(story())
    for number in range(4):
        assert member.values(number) == numbered(800, number)
        assert member.offsets(number) == list(range(800))
        assert held(any_broker, topic, group, number) == 800
    assert (member.gaps, member.failures) == ([], [])
