"""Blocks of events too old to matter, told by a glance at their times and not read further."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streams.codec import Decoded
from streams.local.source import Decode


class Skipping:
    """A decoder that leaves out whole blocks of which every event is older than `before` (ms).

    decode: in full; glance: with no columns but those always there. A block left out keeps its number of records,
    so that later ones are numbered as ever; its dead letters are not told.
    """

    def __init__(self, decode: Decode, glance: Decode, before: int, skipped: Callable[[], None]) -> None:
        self._decode, self._glance, self._before, self._skipped = decode, glance, before, skipped

    def __call__(self, lines: bytes) -> Decoded:
        found = self._glance_at(lines)
        if found is None:
            return self._decode(lines)
        self._skipped()
        return replace(found, frame=self._decode(b"").frame, dead=[], unknown_keys={})

    def _glance_at(self, lines: bytes) -> Decoded | None:
        """A block with its times alone, if all of its events are too old."""
        last = lines[lines.rfind(b"\n", 0, len(lines) - 1) + 1 :]
        if not self._is_old(self._glance(last)):  # spares most of the blocks that are wanted the second look
            return None
        found = self._glance(lines)
        return found if self._is_old(found) else None

    def _is_old(self, found: Decoded) -> bool:
        times = found.frame["time"]
        return bool(len(times)) and bool((times < self._before).all())
