"""The audit as a file: a JSON line per record, with its hash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from streams.enforcement.audit.canonical import canonical

MOST_BYTES = 16 * 1024 * 1024
"""No line is longer."""

_HEAD, _MIDDLE, _END = b'{"record":', b',"hash":"', b'"}'
_HASH_DIGITS = 64
_AFTER = _HASH_DIGITS + len(_END)

Exported = tuple[Mapping[str, Any] | bytes, str]
"""A record, as its canonical bytes or as a mapping, and its hash in hex. What is no record stands as its bytes, with an
empty hash.
"""


def as_line(record: Mapping[str, Any], hash: bytes) -> bytes:
    """A record's line, newline included, the record in its canonical bytes. Raises NotCanonical."""
    return _HEAD + canonical(record) + _MIDDLE + hash.hex().encode() + _END + b"\n"


def read_lines(file: BinaryIO) -> Iterator[Exported]:
    """Every line of an exported file, in order, however it is spelled."""
    while line := file.readline(MOST_BYTES):
        yield _exact(line.rstrip(b"\r\n")) or _respelled(line) or (line[:200], "")


def _exact(line: bytes) -> Exported | None:
    """A line as `as_line` writes it: no parser can disagree about which part is the record."""
    middle = len(line) - _AFTER - len(_MIDDLE)
    if not (line.startswith(_HEAD + b"{") and line.endswith(_END) and line.startswith(_MIDDLE, middle)):
        return None
    return line[len(_HEAD) : middle], line[-_AFTER : -len(_END)].decode("ascii", "replace")


def _respelled(line: bytes) -> Exported | None:
    """A line that another program wrote anew, with the same content; a repeated key would mean two things at once."""
    found = parsed(line)
    if found is None or set(found) != {"record", "hash"}:
        return None
    record, hash = found["record"], found["hash"]
    return (record, hash) if isinstance(record, dict) and isinstance(hash, str) else None


def parsed(written: bytes) -> dict[str, Any] | None:
    """A JSON object in which no key stands twice; None where it is none."""
    try:
        found = json.loads(written, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found
