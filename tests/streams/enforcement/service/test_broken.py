"""What of a partition is passed over where our own reader fails: as little as another reader can tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from streams.enforcement.service.broken import as_refused, next_broken
from streams.enforcement.service.records import Reason
from streams.worker.transport.chunk import Broken, RawChunk


def chunk(offsets: Sequence[int], *broken: Broken) -> RawChunk:
    read = np.array(offsets, np.int64)
    return RawChunk(0, 5, 20, [b""] * len(read), read, read, [None] * len(read), broken)


@pytest.mark.parametrize(("seen", "passed"), [
    (None, None),
    (chunk([]), None),
    (chunk([9], Broken(5, 8, "why")), Broken(5, 8, "why")),
    (chunk([], Broken(7, 8, "why"), Broken(9, 9, "too")), Broken(7, 8, "why")),
    (chunk([6, 7], Broken(8, 9, "why")), Broken(5, 6, "it cannot be unpacked here")),
])  # fmt: skip
def test_the_least_is_passed_over(seen: RawChunk | None, passed: Broken | None) -> None:
    """The first broken batch; one record where the other reader reads on; nothing where nothing could be fetched."""
    assert next_broken(seen, 5) == passed


def test_a_bomb_is_told_from_damage() -> None:
    """The reasons are those of workers, and the detail says which offsets are meant."""
    found = [as_refused(("alerts", 1), Broken(5, 8, "why", too_large=large)) for large in (False, True)]
    assert [one.reason for one in found] == [Reason.BROKEN_BATCH, Reason.BATCH_TOO_LARGE]
    assert (found[0].record.offset, found[0].detail) == (5, "the stored batch of offsets 5 to 8: why")
