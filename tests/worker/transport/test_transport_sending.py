"""Nothing that was sent counts as sent before the broker says so."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest
from broker import Broker
from mock_broker import MockBroker
from worker.transport.member import Member, joined, new_group
from worker.transport.mock_moods import away
from worker.transport.topic_values import values_of

from streams.worker.sending import Outgoing, Undelivered, blocking, send_all

PRODUCE, TOO_LARGE, NOT_AUTHORIZED = 0, 10, 29


def on_mock(mock: MockBroker) -> Broker:
    return Broker("mock", mock.bootstrap, {"bootstrap_servers": mock.bootstrap, "api_version": (2, 3)}, mock.topic)


def test_what_is_sent_is_there(any_broker: Broker) -> None:
    """When send_all returns, and when the blocking Send in another thread does, another client reads the records."""
    topic, events = any_broker.topic("sent"), any_broker.topic("events")

    async def story() -> None:
        async with joined(any_broker, Member(events), new_group()) as member:
            producer = member.app.producer
            await send_all(producer, [Outgoing(topic, b"k", b"%d" % at, [("who", b"me")], 0) for at in range(500)])
            assert await asyncio.to_thread(values_of, any_broker, topic) == [b"%d" % at for at in range(500)]
            send = blocking(lambda: producer, asyncio.get_running_loop(), 10)
            await asyncio.to_thread(send, [Outgoing(topic, b"k", b"last"), Outgoing(topic, b"gone", None)])
            assert (await asyncio.to_thread(values_of, any_broker, topic))[500:] == [b"last", b""]
            await asyncio.to_thread(send, [])

    asyncio.run(story())


def test_a_record_too_large_is_undelivered(any_broker: Broker) -> None:
    """One that the producer refuses fails the whole call, which names the topic and the count; later ones are sent."""
    topic, events = any_broker.topic("large"), any_broker.topic("events")

    async def story() -> None:
        async with joined(any_broker, Member(events), new_group()) as member:
            records = [Outgoing(topic, None, b"small", partition=0), Outgoing(topic, None, bytes(5 * 2**20))]
            with pytest.raises(Undelivered, match=rf"^2 records could not be written to {topic}: "):
                await send_all(member.app.producer, records)
            send = blocking(lambda: member.app.producer, asyncio.get_running_loop(), 10)
            with pytest.raises(Undelivered):
                await asyncio.to_thread(send, records)
            await send_all(member.app.producer, [Outgoing(topic, None, b"after", partition=0)])

    asyncio.run(story())
    assert values_of(any_broker, topic)[-1] == b"after"


@pytest.mark.needs_topic_creation
def test_a_record_the_topic_refuses_is_undelivered(any_broker: Broker) -> None:
    """What the broker finds too large for the topic, after it was handed over, raises as well."""
    topic, events = any_broker.topic("refusing", max_message_bytes=1000), any_broker.topic("events")

    async def story() -> None:
        async with joined(any_broker, Member(events), new_group()) as member:
            incompressible = random.Random(7).randbytes(5000)
            with pytest.raises(Undelivered, match="MessageSizeTooLarge"):
                await send_all(member.app.producer, [Outgoing(topic, None, incompressible)])

    asyncio.run(story())
    assert values_of(any_broker, topic) == []


@pytest.mark.needs_topic_creation
def test_a_topic_that_is_not_there_is_undelivered(any_broker: Broker) -> None:
    """It is waited for no longer than produce_s, and the error names it."""
    events = any_broker.topic("events")

    async def story() -> float:
        async with joined(any_broker, Member(events), new_group(), produce_s=1.5) as member:
            asked = time.monotonic()
            with pytest.raises(Undelivered, match=r"^1 records could not be written to nowhere: "):
                await send_all(member.app.producer, [Outgoing("nowhere", None, b"lost")])
            return time.monotonic() - asked

    assert asyncio.run(story()) < 8


@pytest.mark.parametrize("error", [TOO_LARGE, NOT_AUTHORIZED], ids=["too large", "not authorized"])
def test_what_the_broker_refuses_is_undelivered(mock_broker: MockBroker, error: int) -> None:
    """An error that trying again cannot heal raises; nothing of it is in the topic."""
    broker = on_mock(mock_broker)
    topic, events = broker.topic("refused"), broker.topic("events")

    async def story() -> None:
        async with joined(broker, Member(events), new_group()) as member:
            mock_broker.fail(PRODUCE, error)
            with pytest.raises(Undelivered):
                await send_all(member.app.producer, [Outgoing(topic, None, b"refused", partition=0)])

    asyncio.run(story())
    assert values_of(broker, topic) == []


def test_a_broker_that_is_gone_is_told_of_in_time(mock_broker: MockBroker) -> None:
    """Down for longer than produce_s, what is sent raises; the blocking Send also by its own patience."""
    broker = on_mock(mock_broker)
    topic, events = broker.topic("gone"), broker.topic("events")

    async def story() -> tuple[float, float]:
        async with joined(broker, Member(events), new_group(), produce_s=2.0, drain_s=0.5) as member:
            await send_all(member.app.producer, [Outgoing(topic, None, b"before", partition=0)])
            with away(mock_broker):
                producer: Any = member.app.producer
                send = blocking(lambda: producer, asyncio.get_running_loop(), 0.3)
                asked = time.monotonic()
                with pytest.raises(Undelivered, match=r"^1 records were not acknowledged within 0.3 s$"):
                    await asyncio.to_thread(send, [Outgoing(topic, None, b"lost", partition=0)])
                impatient = time.monotonic() - asked
                asked = time.monotonic()
                with pytest.raises(Undelivered, match=r"^1 records could not be written to gone"):
                    await send_all(producer, [Outgoing(topic, None, b"lost too", partition=0)])
                patient = time.monotonic() - asked
            return impatient, patient

    impatient, patient = asyncio.run(story())
    assert 0.3 <= impatient < 2
    assert patient < 8
