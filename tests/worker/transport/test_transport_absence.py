"""A broker that goes and comes back: told of while it lasts, and nothing but time is lost."""

from __future__ import annotations

import asyncio

import pytest
from broker import Broker
from mock_broker import MockBroker
from worker.transport.member import Member, held, joined, new_group, numbered, until, written
from worker.transport.mock_moods import away


def test_reading_and_commits_go_on_after_the_broker_was_away(mock_broker: MockBroker) -> None:
    """silent_s and unreachable_s rise while it is away and fall afterwards; every record came once, all committed."""
    broker = Broker("mock", mock_broker.bootstrap,
                    {"bootstrap_servers": mock_broker.bootstrap, "api_version": (2, 3)}, mock_broker.topic)  # fmt: skip
    topic, group = broker.topic("away"), new_group()
    member = Member(topic)

    async def story() -> None:
        async with joined(broker, member, group):
            thread = member.consumer.thread
            await asyncio.to_thread(written, broker, topic, {0: numbered(10)})
            await until(lambda: member.next.get(0) == 10, "for the first records")
            while await asyncio.to_thread(held, broker, topic, group) != 10:
                assert held(broker, topic, group) is None
            assert max(thread.silent_s, thread.unreachable_s) < 2
            member.consumer.mark_done(next(iter(member.places())), 9, member.app.consumer_generation_id)
            with away(mock_broker):
                await until(lambda: thread.silent_s > 2 and thread.unreachable_s > 1.5, "for silence to be noticed")
            await until(lambda: max(thread.silent_s, thread.unreachable_s) < 1, "for it to be noticed again")
            await asyncio.to_thread(written, broker, topic, {0: numbered(10, start=10)})
            await until(lambda: len(member.values()) >= 20, "for the records after it")

    asyncio.run(story())
    assert (member.values(), member.gaps, member.failures) == (numbered(20), [], [])
    assert held(broker, topic, group) == 20


@pytest.mark.usefixtures("small_chunks")
def test_work_that_takes_long_is_no_silence(mock_broker: MockBroker) -> None:
    """While all that was fetched waits for the agent nothing is asked of the broker, and it is not called silent."""
    broker = Broker("mock", mock_broker.bootstrap,
                    {"bootstrap_servers": mock_broker.bootstrap, "api_version": (2, 3)}, mock_broker.topic)  # fmt: skip
    topic = broker.topic("long-work")
    member = Member(topic)
    silences: list[float] = []

    async def long(_: object) -> None:
        loop = asyncio.get_running_loop()
        until_then = loop.time() + 2.5
        while len(member.chunks) == 0 and loop.time() < until_then:
            silences.append(member.consumer.thread.silent_s)
            await asyncio.sleep(0.02)
        silences.append(member.consumer.thread.silent_s)

    async def story() -> None:
        await asyncio.to_thread(written, broker, topic, {0: numbered(40)}, each=True)
        member.during = long
        async with joined(broker, member, new_group()):
            await until(lambda: member.next.get(0) == 40, "for the end")

    asyncio.run(story())
    assert len(silences) > 50
    assert max(silences) < 1.5
