"""Named sections as one file, each with its checksum; arrays and frames in them as Arrow IPC with zstd."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

SCHEMA = 3
_READABLE = (2, SCHEMA)
MAGIC = b"tipstaff snapshot\n"
_FILE_FORMAT = b"ARROW1"

Sections = dict[str, bytes]


class Damaged(Exception):
    """A snapshot that is not whole, or of a schema that this tipstaff does not know."""


def packed(sections: Mapping[str, bytes]) -> bytes:
    """Sections as one file: magic, a header line with names, lengths and CRC-32s, then the sections."""
    entries = [[name, len(part), zlib.crc32(part)] for name, part in sections.items()]
    header = json.dumps({"schema": SCHEMA, "sections": entries}).encode()
    guard = b"%08x\n" % zlib.crc32(header)
    return b"".join([MAGIC, guard, header, b"\n", *sections.values()])


def unpacked(data: bytes) -> Sections:
    """The sections of a file. Raises Damaged."""
    if not data.startswith(MAGIC):
        raise Damaged("it is no tipstaff snapshot")
    guard, _, rest = data[len(MAGIC) :].partition(b"\n")
    header, _, body = rest.partition(b"\n")
    if guard != b"%08x" % zlib.crc32(header):
        raise Damaged("its header is damaged")
    described = json.loads(header)
    if described["schema"] not in _READABLE:
        raise Damaged(f"its schema is {described['schema']}, this tipstaff knows {SCHEMA}")
    return _cut(body, described["sections"])


def _cut(body: bytes, entries: list[list[Any]]) -> Sections:
    found, at = {}, 0
    for name, length, checksum in entries:
        part = body[at : at + length]
        if len(part) != length or zlib.crc32(part) != checksum:
            raise Damaged(f"its section {name} is damaged")
        found[name], at = part, at + length
    return found


def ipc(frame: pl.DataFrame) -> bytes:
    """A frame as a section."""
    buffer = io.BytesIO()
    # polars locks a frame while it writes it, and asks for the GIL; another thread (metrics) that holds the GIL and
    # asks for the frame's height would then wait for the lock, and both for ever: so a frame of our own.
    frame.clone().write_ipc_stream(buffer, compression="zstd")  # a tenth of what the file format costs small frames
    return buffer.getvalue()


def table(data: bytes) -> pl.DataFrame:
    """The frame in a section."""
    if data.startswith(_FILE_FORMAT):  # schema 2
        return pl.read_ipc(io.BytesIO(data), use_pyarrow=False)
    return pl.read_ipc_stream(io.BytesIO(data), use_pyarrow=False)


def array(values: npt.NDArray[np.generic]) -> bytes:
    """An array as a section; its shape is not kept."""
    return ipc(pl.DataFrame({"": np.ascontiguousarray(values).reshape(-1)}))


def values(data: bytes, shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
    """The array in a section, of that shape."""
    found: npt.NDArray[np.generic] = table(data).to_series().to_numpy().reshape(shape)
    return found
