"""Partitions merged by stamp: one order, however they are fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.runner import Chunk
from streams.worker.history.merging import Merging
from streams.worker.transport.chunk import RawChunk

T0 = 1_772_409_600_000
LOGS = st.lists(st.lists(st.integers(0, 9), max_size=12), min_size=1, max_size=4)
"""Stamps of each partition's records, ms after T0; a producer's may fall."""


def value(partition: int, offset: int, stamp: int, **more: object) -> bytes:
    event = {"id": f"{partition}-{offset}", "time": rfc3339(T0 + stamp), "type": "inference", "account_id": "a", **more}
    return json.dumps(event).encode()


@dataclass
class Stored:
    """A topic's logs, given out in pieces of the sizes drawn; offsets below `kept` are gone by then."""

    logs: Sequence[Sequence[int]]
    sizes: Sequence[int] = (3,)
    kept: int = 0
    by_broker: bool = False
    at: dict[int, int] = field(default_factory=dict)
    asked: int = 0

    def next(self, wanted: Sequence[int], read: Sequence[int]) -> Mapping[int, RawChunk]:
        """A piece of one of those wanted, in turn."""
        assert not set(wanted) & set(read)
        self.asked += 1
        one = wanted[self.asked % len(wanted)]
        first = max(self.at.get(one, 0), self.kept)
        after = first + self.sizes[self.asked % len(self.sizes)]
        self.at[one] = after
        offsets = np.arange(first, min(after, len(self.logs[one])))
        stamps = np.array([T0 + self.logs[one][at] for at in offsets.tolist()], np.int64)
        values = [value(one, at, self.logs[one][at]) for at in offsets.tolist()]
        return {one: RawChunk(one, first, after - 1, values, offsets, stamps, [b"a"] * len(values),
                              by_broker=self.by_broker)}  # fmt: skip

    def merged(self) -> tuple[Merging, list[Chunk]]:
        """All of it, merged up to where each log ends."""
        bounds = {one: (0, len(log)) for one, log in enumerate(self.logs)}
        merging = Merging("usage.events", bounds, self, Codec(()))
        return merging, list(merging.chunks())


@settings(max_examples=examples(60), deadline=None)
@given(LOGS, st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_the_order_is_that_of_stamps_partitions_and_offsets(logs: list[list[int]], sizes: list[int]) -> None:
    """However the logs are cut: by the running maximum of a partition's stamps, numbered from 0, none twice or lost."""
    merging, chunks = Stored(logs, sizes).merged()
    rows = [(int(np.max(log[: at + 1])), one, at) for one, log in enumerate(logs) for at in range(len(log))]
    found = [row for chunk in chunks for row in chunk.events["id"]]
    assert found == [f"{one}-{at}" for _, one, at in sorted(rows)]
    assert [row for chunk in chunks for row in chunk.events["offset"]] == list(range(len(rows)))
    assert [stamp - T0 for chunk in chunks for stamp in chunk.events["stamp"]] == [
        logs[one][at] for _, one, at in sorted(rows)
    ]
    assert sum(chunk.records for chunk in chunks) == len(rows)
    assert all(chunk.total == len(rows) for chunk in chunks)
    assert [chunk.done for chunk in chunks][-1:] == [len(rows)][: len(chunks)]
    assert merging.lost == 0


def test_no_more_waits_than_was_fetched_at_once() -> None:
    """A partition whose stamps lie years before another's is read to its end while of the other one piece waits."""
    logs, stored = [[0] * 300, [9] * 300], Stored([[0] * 300, [9] * 300], (10,))
    merging = Merging("usage.events", {0: (0, 300), 1: (0, 300)}, stored, Codec(()))
    for chunk in merging.chunks():
        if "0-" in str(chunk.events["id"].to_list()) and stored.at[0] < len(logs[0]):
            assert stored.at[1] == 10


def test_what_retention_took_meanwhile_is_counted() -> None:
    """Offsets that are gone by the time they are read are told as lost; what is left is read."""
    merging, chunks = Stored([[1] * 8, [2] * 3], (4,), kept=5).merged()
    assert pl.concat([chunk.events for chunk in chunks])["id"].to_list() == ["0-5", "0-6", "0-7"]
    assert merging.lost == 5 + 3


def test_controls_are_no_dead_letters_and_what_is_ahead_of_its_stamp_is() -> None:
    """Orders to take up a pack are skipped; an event may be a minute ahead of a broker's stamp, an hour of another."""

    def read(by_broker: bool) -> Chunk:
        records = [value(0, 0, 0, type="control"), value(0, 1, 120_000), value(0, 2, 4_000_000), b"no json"]

        class Given:
            def next(self, wanted: Sequence[int], read: Sequence[int]) -> Mapping[int, RawChunk]:
                offsets = np.arange(4)
                return {0: RawChunk(0, 0, 3, records, offsets, np.full(4, T0), [None] * 4, by_broker=by_broker)}

        (chunk,) = Merging("usage.events", {0: (0, 4)}, Given(), Codec(())).chunks()
        return chunk

    live, history = read(True), read(False)
    assert [(one.reason, one.record) for one in live.dead] == [
        ("ahead_of_stamp", 1), ("ahead_of_stamp", 2), ("not_json", 3)]  # fmt: skip
    assert [(one.reason, one.record) for one in history.dead] == [("ahead_of_stamp", 2), ("not_json", 3)]
    assert (live.skipped, history.skipped, history.events["id"].to_list()) == (1, 1, ["0-1"])
