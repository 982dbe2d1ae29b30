"""Two settings of the mock cluster that the contract suite needs."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from mock_broker import MockBroker


def quick_groups(broker: MockBroker) -> None:
    """Let its groups wait a tenth of a second for more members instead of three."""
    wait = broker._library.rd_kafka_mock_group_initial_rebalance_delay_ms
    wait.restype, wait.argtypes = None, [ctypes.c_void_p, ctypes.c_int32]
    wait(broker._cluster, 100)


@contextmanager
def away(broker: MockBroker) -> Iterator[None]:
    """Nobody gets through to it meanwhile; afterwards it is there again, also when a test fails."""
    broker.down()
    try:
        yield
    finally:
        broker.up()
