"""Several files are one log in order of (stamp, file, record), whatever the blocks, wherever it is taken up again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import events, lines, small_pack
from thorough import examples

from streams.codec import Codec
from streams.local.source import FileFeed, MergedSource
from streams.runner import Chunk, Position
from streams.stamps import Stamper

DECODE = Codec(small_pack().columns).decode
BAD = [b"nonsense\n", b"\n", b'{"id": 1}\n']

Row = tuple[Any, ...]


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """A log with bad and blank lines, now and then without a newline at its end."""
    found = lines(draw(events(most=25))).splitlines(keepends=True)
    for at in draw(st.lists(st.integers(0, len(found)), max_size=5)):
        found.insert(at, draw(st.sampled_from(BAD)))
    return b"".join(found)[: None if draw(st.booleans()) else -1]


@contextmanager
def files(inputs: list[bytes]) -> Iterator[list[Path]]:
    """The inputs as files."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(inputs))]
        for path, text in zip(paths, inputs, strict=True):
            path.write_bytes(text)
        yield paths


def source(paths: list[Path], size: int, position: Position | None = None, offset: int = 0) -> MergedSource:
    return MergedSource([FileFeed(path, size) for path in paths], DECODE, position, offset)


def rows(chunk: Chunk) -> list[Row]:
    """A chunk's good records."""
    return chunk.events.select("offset", "stamp", "id", "record").rows()


def taken(found: MergedSource) -> tuple[list[Row], list[Row], int]:
    """All that is left: good records, dead letters, and how many records that was."""
    good, dead, records = [], [], 0
    while (chunk := found.poll()) is not None:
        good += rows(chunk)
        dead += [astuple(one) for one in chunk.dead]
        records += chunk.records
    return good, dead, records


def naive(inputs: list[bytes]) -> list[Row]:
    """The merged log by its definition: each file stamped whole, then sorted by (stamp, file, record)."""
    found = []
    for number, text in enumerate(inputs):
        stamped = Stamper().stamp(DECODE(text).frame, last=True).filter(~pl.col("ahead"))
        found += [
            (stamp, number, record, name) for stamp, record, name in stamped.select("stamp", "record", "id").rows()
        ]
    return [(offset, stamp, name, record) for offset, (stamp, _, record, name) in enumerate(sorted(found))]


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(texts(), min_size=1, max_size=3), st.integers(1, 3_000), st.integers(1, 3_000))
def test_the_order_is_that_of_stamp_file_and_record(inputs: list[bytes], size: int, other: int) -> None:
    """Good records come as defined; these and the dead letters do not depend on the size of blocks."""
    with files(inputs) as paths:
        good, dead, records = taken(source(paths, size))
        assert good == naive(inputs)
        assert (good, dead, records) == taken(source(paths, other))
    assert len(dead) + len(good) == records == sum(DECODE(text).height for text in inputs)
    assert len({(letter[0], letter[1]) for letter in dead}) == len(dead)


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(texts(), min_size=1, max_size=3), st.integers(1, 1_500), st.integers(1, 1_500), st.integers(0, 30))
def test_taken_up_anywhere_the_rest_is_exactly_the_rest(inputs: list[bytes], size: int, later: int, polls: int) -> None:
    """From the position after any chunk, kept as JSON, the same offsets, stamps, dead letters and counts follow."""
    with files(inputs) as paths:
        whole_good, whole_dead, whole_records = taken(source(paths, size))
        first = source(paths, size)
        good, dead, records = [], [], 0
        for _ in range(polls):
            if (chunk := first.poll()) is None:
                break
            good += rows(chunk)
            dead += [astuple(one) for one in chunk.dead]
            records += chunk.records
        position = json.loads(json.dumps(first.position()))
        rest_good, rest_dead, rest_records = taken(source(paths, later, position, len(good)))
        assert good + rest_good == whole_good
        assert dead + rest_dead == whole_dead
        assert records + rest_records == whole_records


def test_a_file_of_nothing_but_bad_records_is_not_hoarded(tmp_path: Path) -> None:
    """Its dead letters come block by block: a wrong --format is noticed long before the end of a large file."""
    path = tmp_path / "bad"
    path.write_bytes(b"nonsense\n" * 10_000)
    found = source([path], 1_024)
    chunk = found.poll()
    assert chunk is not None
    assert 0 < len(chunk.dead) == chunk.records < 1_000


def test_unknown_keys_are_counted_once(tmp_path: Path) -> None:
    """Each block's unknown keys are told with the chunk that it came with, not again with later ones."""
    path = tmp_path / "log"
    path.write_bytes(lines({"id": str(i), "time": "2026-03-01T00:00:00Z", "type": "inference", "account_id": "a",
                            "colour": 1} for i in range(64)))  # fmt: skip
    found, counts = source([path, path], 10**6), 0
    while (chunk := found.poll()) is not None:
        counts += chunk.unknown_keys.get("colour", 0)
    assert counts == 2 * 64
