"""Cutting a chunk anywhere changes nothing of what it says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.worker.transport.chunk import Broken, RawChunk


@st.composite
def chunks(draw: st.DrawFn) -> RawChunk:
    """A chunk with gaps and broken batches, in which an offset is a record, broken, or neither."""
    first = draw(st.integers(0, 100))
    kinds = draw(st.lists(st.sampled_from(["record", "broken", "gap"]), min_size=1, max_size=20))
    rows = np.array([first + at for at, kind in enumerate(kinds) if kind == "record"], np.int64)
    broken = [Broken(first + at, first + at, "why") for at, kind in enumerate(kinds) if kind == "broken"]
    values = [b"%d" % row for row in rows]
    return RawChunk(3, first, first + len(kinds) - 1, values, rows, rows * 7, values, broken, False, 500, 2)


@st.composite
def cut_chunks(draw: st.DrawFn) -> tuple[RawChunk, int]:
    """A chunk and an offset to cut it at: from its first one to just after its last."""
    chunk = draw(chunks())
    return chunk, draw(st.integers(chunk.first, chunk.last + 1))


def said(chunk: RawChunk) -> tuple[object, ...]:
    """All that a chunk says, in plain Python."""
    columns = [list(one) for one in (chunk.values, chunk.offsets, chunk.stamps, chunk.keys, chunk.broken)]
    return chunk.partition, chunk.first, chunk.last, columns, chunk.by_broker, chunk.end, chunk.epoch


@given(cut_chunks())
def test_the_two_halves_are_the_whole(cut: tuple[RawChunk, int]) -> None:
    """What lies below an offset and what lies from it on add up, in order, and meet there."""
    chunk, at = cut
    below, above = chunk.until(at), chunk.since(at)
    assert (below.first, below.last, above.first, above.last) == (chunk.first, at - 1, at, chunk.last)
    for column in ("values", "offsets", "stamps", "keys", "broken"):
        assert [*getattr(below, column), *getattr(above, column)] == list(getattr(chunk, column)), column
    for half in (below, above):
        assert all(half.first <= offset <= half.last for offset in half.offsets)
        assert (half.partition, half.by_broker, half.end, half.epoch) == (3, False, 500, 2)


@given(cut_chunks(), st.integers(0, 120), st.integers(0, 120))
def test_the_order_of_cuts_is_irrelevant(cut: tuple[RawChunk, int], one: int, other: int) -> None:
    """Cutting twice at one end is cutting at the narrower offset, and the two ends can be cut in either order."""
    chunk, at = cut
    one, other = chunk.first + one, chunk.first + other
    assert said(chunk.since(one).since(other)) == said(chunk.since(max(one, other)))
    assert said(chunk.until(one).until(other)) == said(chunk.until(min(one, other)))
    low, high = sorted([at, min(one, chunk.last + 1)])
    assert said(chunk.since(low).until(high)) == said(chunk.until(high).since(low))


def test_a_broken_batch_across_the_cut_is_told_in_both_halves() -> None:
    """Nothing of it is lost, wherever the cut goes."""
    none = np.zeros(0, np.int64)
    chunk = RawChunk(0, 0, 9, [], none, none, [], [Broken(2, 6, "why")])
    assert chunk.until(4).broken == chunk.since(4).broken == [Broken(2, 6, "why")]
    assert (chunk.until(2).broken, chunk.since(7).broken) == ([], [])
