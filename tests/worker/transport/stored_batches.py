"""Batches as a broker stores them, sound and harmed; and aiokafka's view of a fetch that holds them."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cramjam
import lz4.frame
import zstandard
from aiokafka import TopicPartition, codec
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

BASE, LENGTH, CRC, ATTRIBUTES, LAST_DELTA, MAX_STAMP, COUNT, PAYLOAD = 0, 8, 17, 21, 23, 35, 57, 61
BY_BROKER, TRANSACTIONAL, CONTROL = 0x08, 0x10, 0x20

Pack = tuple[int, Callable[[bytes], bytes]]
"""A codec's number in a batch's attributes, and what compresses."""

PACKS: dict[str, Pack] = {
    "none": (0, bytes),
    "gzip": (1, gzip.compress),
    "snappy, raw": (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "snappy, xerial": (2, lambda data: bytes(codec.snappy_encode(data, xerial_blocksize=1024))),
    "lz4": (3, lz4.frame.compress),
    "lz4, as the broker": (3, lambda data: bytes(codec.lz4_encode(data))),
    "zstd": (4, zstandard.ZstdCompressor().compress),
    "zstd, streamed": (4, lambda data: _streamed(data)),
}


@dataclass(frozen=True)
class Record:
    """What is stored of a record; `delta`: its offset after the batch's first."""

    delta: int
    value: bytes | None
    key: bytes | None = None
    stamp: int = 1_700_000_000_000


def stored(records: Sequence[Record], base: int = 0, pack: Pack = PACKS["none"], last_delta: int | None = None,
           attributes: int = 0, producer: int = -1, by_broker: int | None = None) -> bytes:  # fmt: skip
    """A batch. by_broker: the stamp that the broker gave it, None where the producer's count."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, producer, 0, 0, 1 << 30)
    for one in records:
        builder.append(one.delta, one.stamp, one.key, one.value, [("who", b"me")])
    batch = builder.build()
    batch[PAYLOAD:] = pack[1](bytes(batch[PAYLOAD:]))
    struct.pack_into(">q", batch, BASE, base)
    if last_delta is not None:
        struct.pack_into(">i", batch, LAST_DELTA, last_delta)
    if by_broker is not None:
        attributes |= BY_BROKER
        struct.pack_into(">q", batch, MAX_STAMP, by_broker)
    struct.pack_into(">h", batch, ATTRIBUTES, attributes | pack[0])
    return sealed(batch)


def plain(count: int, base: int = 0, text: str = "record") -> bytes:
    """A batch of so many records from an offset on."""
    return stored([Record(at, f"{text} {base + at}".encode(), b"key") for at in range(count)], base)


def sealed(batch: bytearray) -> bytes:
    """The batch with the length and checksum that belong to it."""
    struct.pack_into(">i", batch, LENGTH, len(batch) - 12)
    struct.pack_into(">I", batch, CRC, calc_crc32c(bytes(batch[ATTRIBUTES:])))
    return bytes(batch)


def marker(base: int, producer: int, commits: bool) -> bytes:
    """The control batch that ends a producer's transaction."""
    key = struct.pack(">hh", 0, int(commits))
    return stored([Record(0, b"\0" * 6, key)], base, attributes=TRANSACTIONAL | CONTROL, producer=producer)


def harmed(batch: bytes, at: int, byte: int) -> bytes:
    """The batch with one byte changed by exclusive or, its checksum left as it was."""
    return batch[:at] + bytes([batch[at] ^ byte]) + batch[at + 1 :]


def fetch(*batches: bytes, at: int = 0, aborted: Sequence[tuple[int, int]] = ()) -> Any:
    """What a fetch from an offset has brought, as aiokafka keeps it. aborted: (producer, first offset)."""
    tp, data = TopicPartition("log", 0), MemoryRecords(b"".join(batches))
    return PartitionRecords(tp, data, list(aborted), at, None, None, True, READ_COMMITTED)


def _streamed(data: bytes) -> bytes:
    """Without the size in its frame's header, and in two frames."""
    half, made = len(data) // 2, []
    for part in (data[:half], data[half:]):
        compressing = zstandard.ZstdCompressor().compressobj()
        made.append(compressing.compress(part) + compressing.flush())
    return b"".join(made)
