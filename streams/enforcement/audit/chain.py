"""The chain of hashes: each record's covers all before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from streams.enforcement.audit.canonical import canonical
from streams.enforcement.audit.kinds import Kind

GENESIS = bytes(32)
"""What stands before the first record, whose `seq` is 1."""

_RECORD, _LINK = b"\x00", b"\x01"  # so that no record's bytes can pass for a link's


def record(seq: int, at_ms: int, kind: Kind, by: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A record in its shape. seq: from 1, without gaps; at_ms: since 1970; by: a person's name, or `policy`."""
    return {"seq": seq, "at_ms": at_ms, "kind": str(kind), "by": by, "body": dict(body)}


def sealed(previous: bytes, record: Mapping[str, Any]) -> bytes:
    """A record's hash, 32 bytes, from that of the record before it. Raises NotCanonical."""
    return linked(previous, canonical(record))


def linked(previous: bytes, written: bytes) -> bytes:
    """The same, from the record's canonical bytes."""
    return hashlib.sha256(_LINK + previous + hashlib.sha256(_RECORD + written).digest()).digest()
