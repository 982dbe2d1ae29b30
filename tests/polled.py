"""What a source hands out, poll by poll."""

from __future__ import annotations

from typing import Any

from streams.runner import Chunk, Source


def told(chunk: Chunk) -> list[tuple[Any, ...]]:
    """Offset, stamp and id of each good record of a chunk."""
    return chunk.events.select("offset", "stamp", "id").rows()


def polled(source: Source, times: int) -> list[tuple[Any, ...]]:
    """The good records of some polls."""
    found = []
    for _ in range(times):
        chunk = source.poll()
        assert chunk is not None
        found += told(chunk)
    return found
