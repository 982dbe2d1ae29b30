"""Files read in blocks of whole lines: plain, gzip or zstd, told apart by their first bytes."""

from __future__ import annotations

import gzip
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

BLOCK_BYTES = 16 * 1024 * 1024
_PACKED_BYTES = 128 * 1024
_PROBED_BYTES = 64 * 1024


class Unreadable(Exception):
    """Input that cannot be read on: which file, where, and what to do."""


@dataclass
class Opened:
    """A file's bytes as text lines; `raw` is the file below, for its progress; only plain ones can `seek`."""

    stream: BinaryIO
    raw: BinaryIO
    plain: bool


def opened(path: Path) -> Opened:
    """A file, decompressed. Raises Unreadable."""
    try:
        raw = path.open("rb")
        magic = raw.read(4)
        raw.seek(0)
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror}. Check the path and its permissions.") from None
    if magic[:2] == b"\x1f\x8b":
        return Opened(cast(BinaryIO, gzip.GzipFile(fileobj=raw)), raw, plain=False)
    if magic == b"\x28\xb5\x2f\xfd":
        return Opened(cast(BinaryIO, _Frames(raw)), raw, plain=False)
    return Opened(raw, raw, plain=True)


class _Frames:
    """A zstd file's text. Unlike the library's own reader it says when the file ends inside a frame."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._text = raw, b""
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._begun = False

    def read(self, size: int) -> bytes:
        while not self._text:
            packed = self._raw.read(_PACKED_BYTES)
            if not packed:
                if self._begun:
                    raise EOFError("it ends inside a zstd frame")
                return b""
            self._text = self._unpacked(packed)
        taken, self._text = self._text[:size], self._text[size:]
        return taken

    def _unpacked(self, packed: bytes) -> bytes:
        texts = []
        while packed:
            texts.append(self._frame.decompress(packed))
            self._begun, packed = not self._frame.eof, b""
            if self._frame.eof:
                packed = self._frame.unused_data
                self._frame = zstandard.ZstdDecompressor().decompressobj()
        return b"".join(texts)


class Blocks:
    """Blocks of whole lines from one stream, with the place of each.

    size: bytes that bound a block; only a longer line extends it.
    """

    def __init__(self, source: Opened, name: str, size: int = BLOCK_BYTES) -> None:
        self._source, self._name, self._size = source, name, size
        self._rest = b""
        self.at = 0

    def skip_to(self, at: int) -> None:
        """Go to a place given by `at` before; compressed streams are read up to it."""
        if self._source.plain:
            self._source.stream.seek(at)
        else:
            left = at
            while left > 0 and (read := self._read(min(left, self._size))):
                left -= len(read)
        self.at = at

    def next(self) -> bytes | None:
        """The next block; None at the end. A last line without a newline is a record too."""
        if self._source.plain and (block := self._plain()) is not None:
            return block
        parts = [self._rest]
        while True:
            read = self._read(self._size)
            if not read:
                return self._taken(b"".join(parts), b"") if any(parts) else None
            cut = read.rfind(b"\n") + 1
            if cut:
                return self._taken(b"".join([*parts, read[:cut]]), read[cut:])
            parts.append(read)

    def _plain(self) -> bytes | None:
        """The next block of a plain file, found without copying it about; None where that is not so simple."""
        self._rest = b""  # what was read past `at` is read again
        number, end, probed = self._source.raw.fileno(), self.at + self._size, min(_PROBED_BYTES, self._size)
        try:
            cut = os.pread(number, probed, end - probed).rfind(b"\n") + 1
            length = self._size - probed + cut
            block = os.pread(number, length, self.at) if cut else b""
        except OSError as error:
            raise Unreadable(f"{self._name}: cannot be read on: {error.strerror}.") from None
        if len(block) != length or not cut:
            self._source.raw.seek(self.at)
            return None
        self.at += length
        self._source.raw.seek(self.at)
        return block

    def _taken(self, block: bytes, rest: bytes) -> bytes:
        self._rest = rest
        self.at += len(block)
        return block

    def _read(self, size: int) -> bytes:
        try:
            return self._source.stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise Unreadable(
                f"{self._name}: damaged or cut short after {self.at:,} bytes of text ({error}). What came before it "
                f"has been processed; get a whole copy and run again with the same data directory."
            ) from None
        except OSError as error:
            raise Unreadable(f"{self._name}: cannot be read on: {error.strerror}.") from None
