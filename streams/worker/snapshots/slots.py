"""A snapshot as records of a compacted topic: parts in one of three slots, and a manifest written last.

Whatever a crash leaves half written, the other slots hold whole ones.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

SLOTS = 3
PART_BYTES = 900_000
_ID_BYTES = 16


@dataclass(frozen=True)
class Manifest:
    """What belongs to a snapshot: `id` stands before each part; crc: CRC-32 of the whole."""

    id: str
    generation: int
    parts: int
    bytes: int
    crc: int
    next_offset: int


def as_records(place: str, data: bytes, generation: int, next_offset: int, unique: bytes) -> dict[str, bytes]:
    """Values by key in the order to write them; place: whose snapshot; unique: 16 bytes that no other one has."""
    prefix = _prefix(place, generation)
    parts = [data[at : at + PART_BYTES] for at in range(0, len(data), PART_BYTES)]
    manifest = Manifest(unique.hex(), generation, len(parts), len(data), zlib.crc32(data), next_offset)
    records = {f"{prefix}{number}": unique + part for number, part in enumerate(parts)}
    return records | {f"{prefix}manifest": json.dumps(asdict(manifest)).encode()}


def left_over(place: str, generation: int, parts: int, before: int) -> list[str]:
    """Keys of the slot's parts that its last snapshot had and this one has not."""
    return [f"{_prefix(place, generation)}{number}" for number in range(parts, before)]


def _prefix(place: str, generation: int) -> str:
    return f"{place}/{generation % SLOTS}/"


def manifests(place: str, records: Mapping[str, bytes]) -> list[Manifest]:
    """All manifests, that of the furthest offset first."""
    found = [records.get(f"{place}/{slot}/manifest") for slot in range(SLOTS)]
    told = [Manifest(**json.loads(value)) for value in found if value]
    return sorted(told, key=lambda one: (one.next_offset, one.generation), reverse=True)


def assembled(place: str, manifest: Manifest, records: Mapping[str, bytes]) -> bytes | None:
    """The snapshot that a manifest tells of, None where parts are missing, damaged or of another one."""
    parts = [records.get(f"{_prefix(place, manifest.generation)}{number}", b"") for number in range(manifest.parts)]
    if any(part[:_ID_BYTES].hex() != manifest.id for part in parts):
        return None
    data = b"".join(part[_ID_BYTES:] for part in parts)
    return data if len(data) == manifest.bytes and zlib.crc32(data) == manifest.crc else None
