"""A person's key pair: what they sign commands with. It has no passphrase; the file's mode is what protects it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streams.enforcement.people.person import NAME_RULE, is_name
from streams.enforcement.people.private_file import PrivateFileRefused, read_private, write_private


@dataclass(frozen=True)
class Credential:
    """name: whose it is. Only `public`, 32 bytes, ever leaves the machine it was made on."""

    name: str
    _private: Ed25519PrivateKey = field(repr=False, compare=False)

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes: what `people add` tells the ledger."""
        return self._private.public_key().public_bytes_raw()

    @property
    def public_text(self) -> str:
        """The same in base64."""
        return base64.b64encode(self.public).decode()

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)

    def save(self, path: Path) -> None:
        """Write it to a new file with mode 0600. Raises PrivateFileRefused, also where a file is there already."""
        secret = base64.b64encode(self._private.private_bytes_raw()).decode()
        write_private(path, {"name": self.name, "public_key": self.public_text, "private_key": secret})


def new_credential(name: str) -> Credential:
    """A credential of its own for somebody. Raises ValueError where nobody can be called so."""
    if not is_name(name):
        raise ValueError(f"{name[:80]!r} is no person's name: it is {NAME_RULE}")
    return Credential(name, Ed25519PrivateKey.generate())


def read_credential(path: Path) -> Credential:
    """A credential from its file. Raises PrivateFileRefused, also where others than its owner may read it."""
    content = read_private(path)
    found = _credential(content)
    if found is None:
        raise PrivateFileRefused(f"{path}: holds no credential (name, public_key, private_key). Restore it, or make a "
                                 "new one and have it added.")  # fmt: skip
    if content.get("public_key") != found.public_text:
        raise PrivateFileRefused(f"{path}: its two keys do not belong together: the file was changed. Restore it.")
    return found


def _credential(content: dict[str, Any]) -> Credential | None:
    name, secret = content.get("name"), content.get("private_key")
    if not (isinstance(name, str) and is_name(name) and isinstance(secret, str)):
        return None
    try:
        return Credential(name, Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret, validate=True)))
    except ValueError:  # of which a wrong base64 is one
        return None
