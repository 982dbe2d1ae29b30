"""Records that were refused, with the reason, on their way to the dead letters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Buried:
    """A record that is no event: from which source, its number there (from 0), why, and its first bytes."""

    source: str
    record: int
    reason: str
    detail: str
    payload: bytes
