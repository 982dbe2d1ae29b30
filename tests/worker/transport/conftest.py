"""What a test changes of the transport is put back; brokers of one kind."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from aiokafka.record import default_records
from broker import Broker, Topic
from mock_broker import MockBroker
from worker.transport.mock_moods import quick_groups

from streams.worker.transport import fetching

_DECODERS = ("gzip_decode", "lz4_decode", "snappy_decode", "zstd_decode")


@pytest.fixture
def restored_codecs() -> Iterator[None]:
    """Afterwards unpacking is unbounded again, as it was."""
    modules = {default_records, importlib.import_module(default_records.DefaultRecordBatch.__module__)}
    kept = [(module, name, getattr(module, name)) for module in modules for name in _DECODERS]
    yield
    for module, name, decoder in kept:
        setattr(module, name, decoder)


@pytest.fixture
def real_broker(kafka: str, topic: Topic) -> Broker:
    """A real broker, for what the mock cluster cannot show: transactions, retention, groups of several members."""
    return Broker("kafka", kafka, {"bootstrap_servers": kafka}, topic)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stored batch is a chunk of its own."""
    monkeypatch.setattr(fetching, "CHUNK_BYTES", 1)


@pytest.fixture
def mock_broker() -> Iterator[MockBroker]:
    """A mock broker for this test alone, whose groups don't wait three seconds for more members."""
    with MockBroker() as broker:
        quick_groups(broker)
        yield broker
