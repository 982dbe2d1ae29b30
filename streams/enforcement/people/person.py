"""Somebody who may tell tipstaff what to do, as the ledger knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_RESERVED = ("policy",)  # what the audit calls whoever did what no person asked for

NAME_RULE = "1 to 64 of A-Z a-z 0-9 . _ @ + -, beginning with a letter or digit, and not `policy`"
"""What a person may be called, in words."""


@dataclass(frozen=True)
class Person:
    """public_key: Ed25519, 32 bytes; revoked_ms: since when nothing that they sign counts, None while it does."""

    name: str
    public_key: bytes
    roles: frozenset[str]
    revoked_ms: int | None = None


def is_name(text: str) -> bool:
    """Whether a person may be called so."""
    return _NAME.fullmatch(text) is not None and text.lower() not in _RESERVED
