"""The mock broker has the topics it is told to have, and fails when told to."""

from __future__ import annotations

import socket
import time

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import MessageSizeTooLargeError
from mock_broker import MockBroker

PRODUCE, TOO_LARGE = 0, 10
VERSION = (2, 3)


def test_it_has_as_many_partitions_as_asked(mock_broker: MockBroker) -> None:
    """A topic made with seven partitions has seven."""
    consumer = KafkaConsumer(bootstrap_servers=mock_broker.bootstrap, api_version=VERSION)
    assert consumer.partitions_for_topic(mock_broker.topic("seven", 7)) == set(range(7))
    consumer.close()


def test_it_fails_as_often_as_asked(mock_broker: MockBroker) -> None:
    """One error pushed for Produce fails one record; the next is taken."""
    producer = KafkaProducer(bootstrap_servers=mock_broker.bootstrap, api_version=VERSION, enable_idempotence=False)
    topic = mock_broker.topic("failing")
    mock_broker.fail(PRODUCE, TOO_LARGE)
    with pytest.raises(MessageSizeTooLargeError):
        producer.send(topic, b"refused").get(timeout=10)
    assert producer.send(topic, b"taken").get(timeout=10).offset == 0
    producer.close()


def test_down_nobody_gets_in_until_it_is_up(mock_broker: MockBroker) -> None:
    """While it is down connections are refused; once it is up again they are not."""
    host, port = mock_broker.bootstrap.split(":")
    mock_broker.down()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10)
    mock_broker.up()
    socket.create_connection((host, int(port)), timeout=10).close()


def test_slow_it_answers_later(mock_broker: MockBroker) -> None:
    """With a round trip of 300 ms an answer takes at least that."""
    mock_broker.slow(300)
    consumer = KafkaConsumer(bootstrap_servers=mock_broker.bootstrap, api_version=VERSION)
    asked = time.monotonic()
    consumer.topics()
    assert time.monotonic() - asked >= 0.3
    consumer.close()
