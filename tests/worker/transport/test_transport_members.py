"""Groups of more than one: partitions go over with what was marked done, and a known member gets its own back."""

from __future__ import annotations

import asyncio

from broker import Broker
from worker.transport.member import Member, held, joined, new_group, numbered, until, written

PARTITIONS = 4
ALL = list(range(PARTITIONS))


def test_partitions_go_over_with_what_was_marked_done(real_broker: Broker) -> None:
    """Who joins begins where the other's marks end though no commit was due, and so does who is left."""
    topic, group = real_broker.topic("over", PARTITIONS), new_group()
    first, second = Member(topic), Member(topic)
    first.commit_s = second.commit_s = 600

    async def story() -> None:
        await asyncio.to_thread(written, real_broker, topic, {number: numbered(10, number) for number in ALL})
        async with joined(real_broker, first, group):
            await until(lambda: all(first.next.get(number) == 10 for number in ALL), "for the first records")
            assert await asyncio.to_thread(held, real_broker, topic, group) is None
            async with joined(real_broker, second, group):
                await until(lambda: sorted(first.mine() + second.mine()) == ALL and first.rebalances > 1, "to share")
                assert second.mine()
                await asyncio.to_thread(
                    written, real_broker, topic, {number: numbered(10, number, 10) for number in ALL}
                )
                await until(lambda: all({**first.next, **second.next}[number] == 20 for number in ALL), "for more")
            await until(
                lambda: first.mine() == ALL and len(first.next) == PARTITIONS, "for the partitions to come back"
            )
            await asyncio.to_thread(written, real_broker, topic, {number: numbered(10, number, 20) for number in ALL})
            await until(lambda: all(first.next[number] == 30 for number in ALL), "for the last")

    asyncio.run(story())
    for number in ALL:
        both = [*first.values(number), *second.values(number)]
        assert sorted(both) == sorted(numbered(30, number))
        assert held(real_broker, topic, group, number) == 30
    assert (first.gaps, second.gaps, first.failures, second.failures) == ([], [], [], [])


def test_what_is_not_marked_done_comes_again_elsewhere(real_broker: Broker) -> None:
    """Records that a member took and did not mark are given to the next one, and nothing was committed for them."""
    topic, group = real_broker.topic("unmarked", PARTITIONS), new_group()
    first, second = Member(topic), Member(topic)
    first.marks = second.marks = False

    async def story() -> None:
        await asyncio.to_thread(written, real_broker, topic, {number: numbered(10, number) for number in ALL})
        async with joined(real_broker, first, group):
            await until(lambda: all(first.next.get(number) == 10 for number in ALL), "for the first records")
            async with joined(real_broker, second, group):
                await until(lambda: second.mine() and all(second.next.get(n) == 10 for n in second.mine()), "for them")

    asyncio.run(story())
    assert [held(real_broker, topic, group, number) for number in ALL] == [None] * PARTITIONS
    assert second.chunks
    assert all(second.values(chunk.partition) == numbered(10, chunk.partition) for chunk in second.chunks)


def test_a_known_member_comes_back_without_a_rebalance(real_broker: Broker) -> None:
    """Restarted under its name within its session it has its partitions again; the other notices nothing."""
    topic, group = real_broker.topic("static", PARTITIONS), new_group()
    stays, goes, back = Member(topic), Member(topic), Member(topic)

    async def story() -> None:
        async with joined(real_broker, stays, group, instance="stays", session_s=20.0):
            async with joined(real_broker, goes, group, instance="goes", session_s=20.0):
                await until(lambda: len(stays.mine()) == len(goes.mine()) == 2, "to share")
                await until(lambda: stays.rebalances > 1 or len(stays.next) == 2, "for it to settle")
                its, noticed = goes.mine(), stays.rebalances
            async with joined(real_broker, back, group, instance="goes", session_s=20.0):
                assert back.mine() == its
                await asyncio.to_thread(written, real_broker, topic, {number: numbered(5, number) for number in ALL})
                await until(lambda: all({**stays.next, **back.next}[number] == 5 for number in ALL), "for records")
                assert stays.rebalances == noticed

    asyncio.run(story())
    assert (stays.failures, goes.failures, back.failures) == ([], [], [])
