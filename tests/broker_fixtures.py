"""Fixtures of tests that need a broker; loaded by conftest.py."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from broker import Broker, OwnBroker, Topic, topics_on
from mock_broker import MockBroker

_REAL = {"kafka", "secure_kafka", "own_broker"}
_MOCK_LACKS = {
    "needs_timestamps": "on the mock cluster every record's timestamp is 1234",
    "needs_topic_creation": "the mock cluster knows no CreateTopics, nor topic configs",
    "needs_compaction": "the mock cluster compacts nothing",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a real broker is marked `kafka`, so that none is forgotten; the slow ones come first."""
    for item in items:
        if _REAL & set(getattr(item, "fixturenames", ())):
            item.add_marker("kafka")
    items.sort(key=lambda item: item.get_closest_marker("slow_kafka") is None)


@pytest.fixture(scope="session")
def _session_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    broker = OwnBroker(tmp_path_factory.mktemp("kafka"), secure=True)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """A real broker's address: KAFKA_BOOTSTRAP, else one of this session's own; skips where neither is to be had."""
    lent = os.environ.get("KAFKA_BOOTSTRAP")
    return lent or str(request.getfixturevalue("_session_broker").bootstrap)


@pytest.fixture(scope="session")
def secure_kafka(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What broker.json says of a real broker that also listens with SASL ("sasl") and mTLS ("ssl")."""
    lent = os.environ.get("KAFKA_FOLDER")
    if lent:
        return dict(json.loads((Path(lent) / "broker.json").read_text()))
    return dict(request.getfixturevalue("_session_broker").facts)


@pytest.fixture
def topic(kafka: str) -> Iterator[Topic]:
    """Makes topics with unique names on the real broker; they are deleted afterwards."""
    with topics_on(kafka) as made:
        yield made


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[OwnBroker]:
    """A real broker, started, that this test alone uses: it may stop, kill and start it."""
    broker = OwnBroker(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def mock_broker() -> Iterator[MockBroker]:
    """A mock broker for this test alone, which can fail on demand."""
    with MockBroker() as broker:
        yield broker


@pytest.fixture(params=[pytest.param("mock", marks=pytest.mark.mock_kafka),
                        pytest.param("kafka", marks=pytest.mark.kafka)])  # fmt: skip
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """The mock broker, then the real one; tests say by `needs_…` markers what the mock cannot show."""
    if request.param == "kafka":
        address = request.getfixturevalue("kafka")
        return Broker("kafka", address, {"bootstrap_servers": address}, request.getfixturevalue("topic"))
    for need, reason in _MOCK_LACKS.items():
        if request.node.get_closest_marker(need):
            pytest.skip(f"{need}: {reason}")
    mock: MockBroker = request.getfixturevalue("mock_broker")
    return Broker("mock", mock.bootstrap, {"bootstrap_servers": mock.bootstrap, "api_version": (2, 3)}, mock.topic)
