"""Where stored events lie, for whatever is learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from streams.history.reading import check
from streams.local.source import MergedSource
from streams.runner import Chunk
from streams.session import Input, decoder, feeds

Stored = Callable[[Sequence[str], str], Generator[Chunk, None, None]]
"""Reads all of it in these columns, with this key for hashes: chunks merged by stamp, events numbered from 0 on."""


def in_files(chosen: Input) -> Stored:
    """Events in files. Raises InputRefused; reading raises Unreadable, RunsBackwards."""
    check(chosen)

    def chunks(columns: Sequence[str], hash_key: str) -> Generator[Chunk, None, None]:
        decode = decoder(chosen, columns, hash_key)
        source = MergedSource(feeds(chosen, decode), decode, None, 0)
        while (chunk := source.poll()) is not None:
            yield chunk

    return chunks
