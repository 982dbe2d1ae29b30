"""A small JSON file that only its owner may read: where private keys lie."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

_MOST_BYTES = 64 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PrivateFileRefused(Exception):
    """A file of secrets that was not written or read: which, why, and what to do; never what is in it."""


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Write a new file with mode 0600. Raises PrivateFileRefused, also where something is there already."""
    written = msgspec.json.format(msgspec.json.encode(dict(content)), indent=2) + b"\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise PrivateFileRefused(f"{path}: is there already, and a key is never overwritten. Name another.") from None
    except OSError as error:
        raise PrivateFileRefused(f"{path}: cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o600)  # whatever the umask
        file.write(written)
        file.flush()
        os.fsync(handle)


def read_private(path: Path) -> dict[str, Any]:
    """What is in such a file. Raises PrivateFileRefused, also where others than its owner may read it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe is not waited for
    except OSError as error:
        raise PrivateFileRefused(f"{path}: cannot be read: {error.strerror}") from None
    try:
        _check(path, os.fstat(handle))
        return _object(path, os.read(handle, _MOST_BYTES + 1))
    finally:
        os.close(handle)


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PrivateFileRefused(f"{path}: is no ordinary file")
    if status.st_mode & _OTHERS:
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        raise PrivateFileRefused(f"{path}: others may read it (mode {mode}). Take the key for known: make a new one, "
                                 f"or if nobody can have read it, chmod 600 {path}")  # fmt: skip
    if status.st_uid not in (os.geteuid(), 0):
        raise PrivateFileRefused(f"{path}: belongs to another user (uid {status.st_uid})")


def _object(path: Path, content: bytes) -> dict[str, Any]:
    try:
        if len(content) <= _MOST_BYTES:
            return msgspec.json.decode(content, type=dict[str, Any])
    except (ValueError, RecursionError):
        pass
    raise PrivateFileRefused(f"{path}: holds no JSON object of at most {_MOST_BYTES // 1024} KiB. Restore it.")
