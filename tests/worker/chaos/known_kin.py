"""Accounts of the known stream that share texts: one in each partition, so that only a second stage sees them whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from kafka.partitioner.default import murmur2

KIN = 12
"""So many accounts, one for each of so many partitions; of fewer partitions, if these divide it, each has as many."""

TEXTS = 4
"""Each account asks with two texts in turn, each text is used by six: neighbours have one in common."""

_EVERY_MS, _APART_MS = 240_000, 20_000


def partition_of(account: str, partitions: int) -> int:
    """Where the Java client's partitioner puts an account."""
    return int((murmur2(account.encode()) & 0x7FFFFFFF) % partitions)


def kin() -> list[str]:
    """The accounts, by partition."""
    return [_first_in(partition) for partition in range(KIN)]


def _first_in(partition: int) -> str:
    names = (f"acct-{number}-kin" for number in count())
    return next(name for name in names if partition_of(name, KIN) == partition)


def asked(start: int, end: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """What they ask: time (ms), account, and what the event says besides."""
    for number, account in enumerate(kin()):
        for turn, time in enumerate(range(start + number * _APART_MS, end, _EVERY_MS)):
            text = (number * TEXTS // KIN - turn % 2) % TEXTS
            yield time, account, {"type": "inference", "operation": "kin", "template_fingerprint": f"text-{text}"}
