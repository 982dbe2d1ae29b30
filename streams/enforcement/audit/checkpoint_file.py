"""Where checkpoints are kept: lines that are only ever added, outside the ledger."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from streams.enforcement.audit.checkpoints import Checkpoint

_MOST_BYTES = 4_096
_TAIL_BYTES = 64 * 1024


class CheckpointsRefused(Exception):
    """A file of checkpoints that cannot be read or added to: where, why, and what to do."""


class CheckpointFile:
    """A JSON line per checkpoint, each on the disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, checkpoint: Checkpoint) -> None:
        """Add one. Raises CheckpointsRefused."""
        try:
            begun = not self.path.exists()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                _drop_torn(file)
                file.write(msgspec.json.encode(checkpoint) + b"\n")
                os.fsync(file.fileno())
            if begun:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise CheckpointsRefused(f"{self.path}: a checkpoint cannot be added: {error.strerror}") from None

    def last(self) -> Checkpoint | None:
        """The newest, None where there is none yet. Raises CheckpointsRefused."""
        if not self.path.exists():
            return None
        lines = _tail(self.path).splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        return _read(whole[-1], f"{self.path}, last line") if whole else None

    def __iter__(self) -> Iterator[Checkpoint]:
        """Each, in the order written; a last line that a crash cut short was never a checkpoint, and is left out.

        Raises CheckpointsRefused.
        """
        try:
            with self.path.open("rb") as file:
                yield from _checkpoints(file, self.path)
        except OSError as error:
            raise CheckpointsRefused(f"{self.path}: cannot be read: {error.strerror}") from None


def _checkpoints(file: BinaryIO, path: Path) -> Iterator[Checkpoint]:
    number = 0
    while line := file.readline(_MOST_BYTES):
        number += 1
        if line.endswith(b"\n"):
            yield _read(line, f"{path}:{number}")
        elif len(line) == _MOST_BYTES:
            raise CheckpointsRefused(f"{path}:{number}: is no checkpoint: a line of more than {_MOST_BYTES} bytes")


def _read(line: bytes, place: str) -> Checkpoint:
    try:
        return msgspec.json.decode(line, type=Checkpoint)
    except (ValueError, RecursionError) as error:
        raise CheckpointsRefused(f"{place}: is no checkpoint: {str(error)[:120]}. Restore the file.") from None


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            return file.read()
    except OSError as error:
        raise CheckpointsRefused(f"{path}: cannot be read: {error.strerror}") from None


def _drop_torn(file: BinaryIO) -> None:
    """Cut off what a crash left of a line: nobody was ever told that it is there."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    if tail and not tail.endswith(b"\n"):
        file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
