"""A model's artifact as bytes: JSON and arrays, compressed, hashed and perhaps signed; nothing in it can run."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.enforcement.audit.signing import SigningKey

_MAGIC = b"tipstaff model 2\n"
_HASHED = hashlib.sha256().digest_size
_MOST_BYTES = 256 * 2**20
_DTYPES = {name: np.dtype(name) for name in ("<i2", "<f4", "<f8")}

Arrays = Mapping[str, npt.NDArray[Any]]
Keys = Mapping[str, Ed25519PublicKey]
"""Public keys by id: what none of them signed is refused."""

DAMAGED = "train it anew, or get a whole copy: tipstaff models train anomaly"


class ModelRefused(Exception):
    """An artifact that is not taken up: its text says why, `hint` what to do."""

    def __init__(self, message: str, hint: str = DAMAGED) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class _Signature(msgspec.Struct):
    key_id: str
    signature: bytes


class _Array(msgspec.Struct):
    name: str
    dtype: str
    shape: list[int]


class _Head(msgspec.Struct):
    told: msgspec.Raw
    arrays: list[_Array]


def packed(told: bytes, arrays: Arrays, key: SigningKey | None) -> bytes:
    """JSON and arrays (int16, float32 or float64) as one artifact."""
    parts, heads = [], []
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        heads.append(_Array(name, f"<{little.dtype.kind}{little.dtype.itemsize}", list(little.shape)))
        parts.append(little.tobytes())
    body = _counted(msgspec.json.encode(_Head(msgspec.Raw(told), heads))) + b"".join(parts)
    squeezed = zstandard.ZstdCompressor(level=19).compress(body)
    signed = msgspec.json.encode(_Signature(key.id, key.sign(_MAGIC + squeezed))) if key else b""
    rest = _counted(signed) + squeezed
    return _MAGIC + hashlib.sha256(rest).digest() + rest


def unpacked(data: bytes, keys: Keys | None) -> tuple[bytes, dict[str, npt.NDArray[Any]], str | None]:
    """An artifact's JSON, arrays, and the id of the key that it says it was signed with. Raises ModelRefused.

    The signature is checked, where there are keys, before anything of the rest is looked at.
    """
    digest, rest = data[len(_MAGIC) : len(_MAGIC) + _HASHED], data[len(_MAGIC) + _HASHED :]
    if not data.startswith(_MAGIC):
        raise ModelRefused("it is no model of this format, or its first bytes are damaged")
    if hashlib.sha256(rest).digest() != digest:
        raise ModelRefused("it is damaged: its SHA-256 is not that of its content")
    try:
        signed, squeezed = _parted(rest)
        signer = _verified(signed, squeezed, keys)
        with zstandard.ZstdDecompressor().stream_reader(squeezed) as reader:
            body = reader.read(_MOST_BYTES)
        head, raw = _parted(body)
        told = msgspec.json.decode(head, type=_Head)
        return bytes(told.told), _arrays(told.arrays, raw), signer
    except (ValueError, zstandard.ZstdError, msgspec.MsgspecError, RecursionError) as error:
        raise ModelRefused(f"it is damaged: {str(error) or 'nested too deep'}") from None


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(4, "little") + part


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """What was counted, and what follows. Raises ValueError."""
    size = int.from_bytes(data[:4], "little")
    if len(data) < 4 + size:
        raise ValueError("it is cut short")
    return data[4 : 4 + size], data[4 + size :]


def _verified(signed: bytes, squeezed: bytes, keys: Keys | None) -> str | None:
    told = msgspec.json.decode(signed, type=_Signature) if signed else None
    if keys is None:
        return told.key_id if told else None
    hint = "sign it with a key that the pack names: tipstaff models train anomaly --sign KEYFILE"
    if told is None:
        raise ModelRefused("it is not signed, and the pack takes signed models only", hint)
    if told.key_id not in keys:
        raise ModelRefused(f"it is signed with the key {told.key_id}, which the pack does not name", hint)
    try:
        keys[told.key_id].verify(told.signature, _MAGIC + squeezed)
    except InvalidSignature:
        raise ModelRefused("its signature is wrong: it was changed after it was signed", hint) from None
    return told.key_id


def _arrays(heads: list[_Array], raw: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays, in the machine's own byte order. Raises ValueError."""
    found: dict[str, npt.NDArray[Any]] = {}
    at = 0
    for head in heads:
        if head.dtype not in _DTYPES or len(head.shape) > 2 or any(size < 0 for size in head.shape):
            raise ValueError(f"its array {head.name!r} is of no kind that a model has")
        dtype, count = _DTYPES[head.dtype], math.prod(head.shape)
        if at + count * dtype.itemsize > len(raw):
            raise ValueError("its arrays are cut short")
        found[head.name] = np.frombuffer(raw, dtype, count, at).reshape(head.shape).astype(dtype.newbyteorder("="))
        at += count * dtype.itemsize
    if at != len(raw):
        raise ValueError("something follows its arrays")
    return found
