"""What is marked done is committed, and nothing else, whatever ends the work."""

from __future__ import annotations

import asyncio

from broker import Broker
from faust.types import TP
from worker.transport.member import Member, held, joined, new_group, numbered, until, written

from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.consumer import Stuck


def test_only_what_is_marked_done_is_committed(any_broker: Broker) -> None:
    """One partition marked to its third record, one under an old generation, one not at all; and so after the stop."""
    topic, group = any_broker.topic("marked", 3), new_group()
    member = Member(topic)
    member.marks = False

    def holds() -> list[int | None]:
        return [held(any_broker, topic, group, number) for number in range(3)]

    async def story() -> None:
        await asyncio.to_thread(written, any_broker, topic, {number: numbered(10, number) for number in range(3)})
        async with joined(any_broker, member, group):
            await until(lambda: all(len(member.values(number)) == 10 for number in range(3)), "for the records")
            generation = member.app.consumer_generation_id
            member.consumer.mark_done(TP(topic, 1), 7, generation - 1)
            member.consumer.mark_done(TP(topic, 0), 3, generation)
            while await asyncio.to_thread(holds) != [3, None, None]:
                assert await asyncio.to_thread(holds) in ([None] * 3, [3, None, None])

    asyncio.run(story())
    assert holds() == [3, None, None]


def test_what_is_marked_done_is_committed_at_the_stop(any_broker: Broker) -> None:
    """A chunk in work is waited for, and what it marked is committed before the member goes."""
    topic, group = any_broker.topic("at-stop"), new_group()
    member, begun = Member(topic), asyncio.Event()
    member.commit_s = 600

    async def slow(_: RawChunk) -> None:
        begun.set()
        await until(lambda: member.app.should_stop, "for the stop")

    async def story() -> None:
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(1)})
        member.during = slow
        async with joined(any_broker, member, group):
            await begun.wait()
        assert member.values() == numbered(1)

    asyncio.run(story())
    assert (held(any_broker, topic, group), member.failures) == (1, [])


def test_a_chunk_that_takes_too_long_is_told_of_and_not_committed(any_broker: Broker) -> None:
    """After drain_s `stuck` is told, once; nothing of the chunk is committed."""
    topic, group = any_broker.topic("stuck"), new_group()
    member, begun, never = Member(topic), asyncio.Event(), asyncio.Event()

    async def stuck(_: RawChunk) -> None:
        begun.set()
        await never.wait()

    async def story() -> float:
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(10)})
        member.during = stuck
        async with joined(any_broker, member, group, drain_s=0.5):
            await begun.wait()
            asked = asyncio.get_running_loop().time()
        return asyncio.get_running_loop().time() - asked

    taken = asyncio.run(story())
    assert [str(one) for one in member.failures if isinstance(one, Stuck)] == [
        "a chunk was still worked on after 0.5 s"
    ]
    assert 0.5 <= taken < 10
    assert held(any_broker, topic, group) is None


def test_what_work_raises_is_fatal_and_commits_nothing(any_broker: Broker) -> None:
    """`fatal` is given the error itself; what came before it stays committed, the chunk it befell is not."""
    topic, group = any_broker.topic("fatal"), new_group()
    member, error = Member(topic), RuntimeError("the work went wrong")

    async def fails(chunk: RawChunk) -> None:
        if chunk.first >= 5:
            raise error

    async def story() -> None:
        member.during = fails
        await asyncio.to_thread(written, any_broker, topic, {0: numbered(5)})
        async with joined(any_broker, member, group):
            await until(lambda: len(member.values()) == 5, "for the first records")
            await asyncio.to_thread(written, any_broker, topic, {0: numbered(5, start=5)})
            await until(lambda: member.failures, "for the failure")

    asyncio.run(story())
    assert member.failures[0] is error
    assert held(any_broker, topic, group) == 5
