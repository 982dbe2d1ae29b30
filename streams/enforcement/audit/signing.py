"""The key that checkpoints are signed with, and the public keys that verify them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from streams.enforcement.people.private_file import read_private, write_private


class KeyRefused(Exception):
    """A file of checkpoint keys that cannot be used: which, why, and what to do."""


class SigningKey:
    """An Ed25519 key pair; `id` is taken from the public half: 16 hex digits."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key()
        self.id = key_id(self.public)

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)

    def save(self, path: Path) -> None:
        """Write it where only its owner can read it. Raises PrivateFileRefused, also where a file is there already."""
        secret = base64.b64encode(self._private.private_bytes_raw()).decode()
        write_private(path, {"key_id": self.id, "private_key": secret})


def new_signing_key() -> SigningKey:
    """A key pair of its own."""
    return SigningKey(Ed25519PrivateKey.generate())


def read_signing_key(path: Path) -> SigningKey:
    """A key pair from its file. Raises PrivateFileRefused or KeyRefused."""
    content = read_private(path)
    try:
        key = SigningKey(Ed25519PrivateKey.from_private_bytes(_bytes(content.get("private_key"))))
    except ValueError:
        raise KeyRefused(f"{path}: holds no key to sign checkpoints with. Restore it, or make a new one.") from None
    if content.get("key_id") != key.id:
        raise KeyRefused(f"{path}: its key_id does not belong to its key: the file was changed. Restore it.")
    return key


def key_id(public: Ed25519PublicKey) -> str:
    """A public key's id: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def as_text(public: Ed25519PublicKey) -> str:
    """A public key in base64."""
    return base64.b64encode(public.public_bytes_raw()).decode()


def from_text(text: Any) -> Ed25519PublicKey:
    """A public key from base64. Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(_bytes(text))


def read_public_keys(path: Path) -> Mapping[str, Ed25519PublicKey]:
    """Public keys by id, from a JSON list of them in base64. Raises KeyRefused."""
    try:
        keys = [from_text(one) for one in msgspec.json.decode(path.read_bytes(), type=list[str])]
    except OSError as error:
        raise KeyRefused(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise KeyRefused(f"{path}: is no JSON list of Ed25519 public keys, each 32 bytes in base64") from None
    return {key_id(key): key for key in keys}


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise ValueError("not base64")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
