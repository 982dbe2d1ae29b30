"""Which partition a key belongs to, as the Java client's partitioner has it."""

from __future__ import annotations

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(1 << 16)
def hashed(key: bytes) -> int:
    """A key's murmur2 hash, never negative; modulo the number of partitions it is the key's."""
    return int(murmur2(key)) & 0x7FFFFFFF
