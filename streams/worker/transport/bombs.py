"""Decompression that stops at a limit: a few KiB of a stored batch may stand for gigabytes."""

from __future__ import annotations

import importlib
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cramjam
import kafka.codec
import kafka.record.default_records
import lz4.frame
import zstandard
from aiokafka import codec
from aiokafka.record import default_records

_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER = 16


class TooLarge(Exception):
    """A batch that unpacks to more than is allowed."""


def bound_decompression(most: int) -> None:
    """From now on no batch that this process reads unpacks to more than `most` bytes: it raises TooLarge instead."""
    bounded: dict[str, Callable[[bytes, int], bytes]] = {
        "gzip_decode": _gzip, "lz4_decode": _lz4, "snappy_decode": _snappy, "zstd_decode": _zstd,
    }  # fmt: skip
    compiled = importlib.import_module(default_records.DefaultRecordBatch.__module__)
    for module in (default_records, compiled):
        for name, decode in bounded.items():
            setattr(module, name, partial(_bounded, decode, most))


def bound_kafka_python(most: int) -> None:
    """The same for kafka-python, which from now on also unpacks snappy, which it lacks a library for."""
    bounded = {"gzip_decode": _gzip, "lz4_decode": _lz4, "snappy_decode": _snappy, "zstd_decode": _zstd}
    for name, decode in bounded.items():
        setattr(kafka.record.default_records, name, partial(_bounded, decode, most))
    kafka.codec.has_snappy = lambda: True


def _bounded(decode: Callable[[bytes, int], bytes], most: int, payload: Any) -> bytes:
    found = decode(bytes(payload), most)
    _check(len(found), most)
    return found


def _check(size: int, most: int) -> None:
    if size > most:
        raise TooLarge(f"it unpacks to more than {most / 2**20:,.1f} MiB")


def _gzip(payload: bytes, most: int) -> bytes:
    return zlib.decompressobj(31).decompress(payload, most + 1)


def _lz4(payload: bytes, most: int) -> bytes:
    return bytes(lz4.frame.LZ4FrameDecompressor().decompress(payload, max_length=most + 1))


def _zstd(payload: bytes, most: int) -> bytes:
    return bytes(zstandard.ZstdDecompressor().stream_reader(payload, read_across_frames=True).read(most + 1))


def _snappy(payload: bytes, most: int) -> bytes:
    _check(sum(cramjam.snappy.decompress_raw_len(block) for block in _snappy_blocks(payload)), most)
    return bytes(codec.snappy_decode(payload))


def _snappy_blocks(payload: bytes) -> Iterator[bytes]:
    if not payload.startswith(_XERIAL):
        yield payload
        return
    at = _XERIAL_HEADER
    while at < len(payload):
        (length,) = struct.unpack_from("!i", payload, at)
        if length < 0:
            raise ValueError("a block of negative length")
        yield payload[at + 4 : at + 4 + length]
        at += 4 + length
