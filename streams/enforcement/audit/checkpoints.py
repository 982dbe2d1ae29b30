"""Signed statements of how far the chain had come: what makes a later change of what lies below them visible."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.enforcement.audit.canonical import canonical
from streams.enforcement.audit.signing import SigningKey

EVERY_RECORDS, EVERY_MS = 1_000, 60_000
"""A checkpoint is due after so many records, or so long after the last one."""

_SEAL = b"tipstaff audit checkpoint 1\n"  # so that no other thing signed with the key can pass for a checkpoint


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hash of record `seq`, as it was at `at_ms`. hash: 64 hex digits; signature: base64 of 64 bytes."""

    seq: int
    hash: str
    at_ms: int
    key_id: str
    signature: str

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over. Raises NotCanonical."""
        return _signed_bytes(self.seq, self.hash, self.at_ms, self.key_id)


def signed(key: SigningKey, seq: int, hash: bytes, at_ms: int) -> Checkpoint:
    """A checkpoint of record `seq`, whose hash has 32 bytes."""
    signature = key.sign(_signed_bytes(seq, hash.hex(), at_ms, key.id))
    return Checkpoint(seq, hash.hex(), at_ms, key.id, base64.b64encode(signature).decode())


def verify(checkpoint: Checkpoint, public_keys: Mapping[str, Ed25519PublicKey]) -> str | None:
    """None where one of these keys signed it; else why it is worth nothing."""
    key = public_keys.get(checkpoint.key_id)
    if key is None:
        return f"is signed with an unknown key, {checkpoint.key_id[:32]!r}"
    try:
        key.verify(base64.b64decode(checkpoint.signature, validate=True), checkpoint.signed_bytes)
    except (InvalidSignature, binascii.Error, ValueError):
        return "has a bad signature"
    return None


def due(last: Checkpoint | None, seq: int, now_ms: int) -> bool:
    """Whether record `seq`, the newest (0: there is none), is to be covered by a checkpoint now."""
    if last is None or seq <= last.seq:
        return last is None and seq > 0
    return seq - last.seq >= EVERY_RECORDS or abs(now_ms - last.at_ms) >= EVERY_MS  # clocks may be set back


def _signed_bytes(seq: int, hash: str, at_ms: int, key_id: str) -> bytes:
    what: dict[str, Any] = {"seq": seq, "hash": hash, "at_ms": at_ms, "key_id": key_id}
    return _SEAL + canonical(what)
