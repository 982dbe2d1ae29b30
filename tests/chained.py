"""A small sealed audit with its checkpoints, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.enforcement.audit import checkpoints
from streams.enforcement.audit.chain import GENESIS, record, sealed
from streams.enforcement.audit.checkpoint_file import CheckpointFile
from streams.enforcement.audit.checkpoints import Checkpoint
from streams.enforcement.audit.exported import as_line
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.audit.signing import SigningKey, as_text, new_signing_key

START = 1_795_000_000_000
"""When the first record was written; ms."""


@dataclass(frozen=True)
class Chained:
    """Records with their hashes in hex, the checkpoints of every so many, and the key that signed them."""

    records: list[tuple[dict[str, object], str]]
    checkpoints: list[Checkpoint]
    key: SigningKey

    @property
    def keys(self) -> dict[str, Ed25519PublicKey]:
        return {self.key.id: self.key.public}

    @property
    def lines(self) -> list[bytes]:
        return [as_line(one, bytes.fromhex(hash)) for one, hash in self.records]

    def write(self, folder: Path) -> list[str]:
        """Write it out as `audit verify` takes it; returns its arguments."""
        (folder / "audit.ndjson").write_bytes(b"".join(self.lines))
        (folder / "keys.json").write_bytes(msgspec.json.encode([as_text(self.key.public)]))
        marks = CheckpointFile(folder / "checkpoints.ndjson")
        for mark in self.checkpoints:
            marks.append(mark)
        return [str(folder / "audit.ndjson"), "--checkpoints", str(marks.path), "--keys", str(folder / "keys.json")]


def body(number: int) -> dict[str, object]:
    """What a record says; no two are the same."""
    return {"account": f"{number:032x}", "figures": {"signals": number % 3, "share": 0.125}, "title": "é → \u2028 \\"}


def chained(count: int, every: int) -> Chained:
    """So many records, with a checkpoint at every so many of them."""
    key, previous = new_signing_key(), GENESIS
    records: list[tuple[dict[str, object], str]] = []
    marks = []
    for seq in range(1, count + 1):
        one = record(seq, START + seq * 100, list(Kind)[seq % len(Kind)], "policy", body(seq))
        previous = sealed(previous, one)
        records.append((one, previous.hex()))
        if seq % every == 0:
            marks.append(checkpoints.signed(key, seq, previous, START + seq * 100))
    return Chained(records, marks, key)


def resealed(records: list[dict[str, object]], previous: bytes) -> list[tuple[dict[str, object], str]]:
    """Records sealed anew onto a hash, as whoever may write the ledger could."""
    found = []
    for one in records:
        previous = sealed(previous, one)
        found.append((one, previous.hex()))
    return found
