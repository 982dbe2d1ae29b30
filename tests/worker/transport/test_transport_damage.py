"""Whatever bit is wrong: every record comes as it was stored or is told of as broken, and the others are untouched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples
from worker.transport.stored_batches import LAST_DELTA, LENGTH, PACKS, PAYLOAD, Record, harmed, stored
from worker.transport.stored_log import StoredLog, read

from streams.worker.transport.chunk import RawChunk

SIZES = (3, 4, 2, 5)
BATCHES = [
    stored([Record(at, b"batch %d record %d" % (number, at), b"key", 1000 + at) for at in range(size)],
           sum(SIZES[:number]), PACKS[pack])
    for number, (size, pack) in enumerate(zip(SIZES, ["none", "lz4", "gzip", "zstd"], strict=True))
]  # fmt: skip
RECORDS = {
    sum(SIZES[:number]) + at: (b"batch %d record %d" % (number, at), b"key", 1000 + at)
    for number, size in enumerate(SIZES) for at in range(size)
}  # fmt: skip

numbers = st.integers(0, len(BATCHES) - 1)
bits = st.integers(0, 7).map(lambda bit: 1 << bit)


@st.composite
def flips(draw: st.DrawFn, after: int = LENGTH) -> tuple[int, int, int]:
    """A batch, a byte of it from `after` on, and the bit that is wrong there."""
    number = draw(numbers)
    header = st.integers(after, PAYLOAD - 1)  # half of them, however long the payload
    return number, draw(header | st.integers(PAYLOAD, len(BATCHES[number]) - 1)), draw(bits)


def chunks_of(harm: tuple[int, int, int], fetches: int, at_once: int) -> tuple[list[RawChunk], int]:
    """What is read of the log while that bit is wrong in its first `fetches` fetches, and how many there were."""

    def on_the_way(before: int, number: int, batch: bytes) -> bytes:
        return harmed(batch, *harm[1:]) if number == harm[0] and before < fetches else batch

    async def reading() -> tuple[list[RawChunk], int]:
        log = StoredLog(BATCHES, on_the_way, at_once)
        return await read(log), log.fetches

    return asyncio.run(reading())


def contiguous(chunks: Sequence[RawChunk]) -> bool:
    """Whether the chunks cover the log from its first to its last offset, each offset once."""
    follow = all(before.last + 1 == after.first for before, after in pairwise(chunks))
    return follow and (chunks[0].first, chunks[-1].last) == (0, sum(SIZES) - 1)


def records_of(chunks: Sequence[RawChunk]) -> list[tuple[int, tuple[bytes, bytes | None, int]]]:
    """(offset, (value, key, stamp)) of every record, in the order they came."""
    return [
        (int(offset), (value, key, int(stamp)))
        for chunk in chunks
        for offset, value, key, stamp in zip(chunk.offsets, chunk.values, chunk.keys, chunk.stamps, strict=True)
    ]


def broken_of(chunks: Sequence[RawChunk]) -> list[int]:
    """Every offset that is told of as broken, in the order told."""
    return [at for chunk in chunks for one in chunk.broken for at in range(one.first, one.last + 1)]


@settings(max_examples=examples(300), deadline=None)
@given(flips())
def test_a_bit_wrong_where_it_lies_costs_its_own_batch_at_most(flip: tuple[int, int, int]) -> None:
    """All records come unchanged but those of the harmed batch, which come unchanged or are told of, each once."""
    chunks, _ = chunks_of(flip, fetches=10**6, at_once=100)
    seen, broken = records_of(chunks), broken_of(chunks)
    assert contiguous(chunks)
    first = sum(SIZES[: flip[0]])
    assert broken in ([], list(range(first, first + SIZES[flip[0]])))
    assert seen == [(offset, record) for offset, record in RECORDS.items() if offset not in set(broken)]


@settings(max_examples=examples(100), deadline=None)
@given(flips())
def test_a_bit_wrong_on_the_way_costs_nothing(flip: tuple[int, int, int]) -> None:
    """What is damaged in one fetch and sound in the next comes whole: nothing is given up at first sight."""
    chunks, _ = chunks_of(flip, fetches=1, at_once=100)
    assert contiguous(chunks)
    assert (records_of(chunks), broken_of(chunks)) == (list(RECORDS.items()), [])


@settings(max_examples=examples(100), deadline=None)
@given(flips())
def test_a_fetch_that_holds_nothing_but_damage_is_passed(flip: tuple[int, int, int]) -> None:
    """With a batch a fetch nothing shows where the harmed one ends: still each offset is a record or told of, once."""
    chunks, _ = chunks_of(flip, fetches=10**6, at_once=1)
    seen, broken = records_of(chunks), broken_of(chunks)
    assert contiguous(chunks)
    assert sorted([offset for offset, _ in seen] + broken) == list(RECORDS)
    assert all(RECORDS[offset] == record for offset, record in seen)
    if flip[1] not in range(LAST_DELTA, LAST_DELTA + 4):
        first = sum(SIZES[: flip[0]])
        assert broken in ([], list(range(first, first + SIZES[flip[0]])))


@settings(max_examples=examples(100), deadline=None)
@given(numbers, st.integers(0, LENGTH - 1), bits, st.sampled_from([1, 100]))
def test_a_wrong_first_offset_neither_stops_nor_jumps(number: int, byte: int, bit: int, at_once: int) -> None:
    """It is in no checksum: a batch that cannot stand where it says is told of, and the log is read to its end."""
    chunks, _ = chunks_of((number, byte, bit), fetches=10**6, at_once=at_once)
    assert contiguous(chunks)
    told = {RECORDS[offset][0] for offset in broken_of(chunks)} | {value for _, (value, _, _) in records_of(chunks)}
    if byte < LENGTH - 1:
        assert told == {value for value, _, _ in RECORDS.values()}


@pytest.mark.parametrize("fetches", [1, 10**6], ids=["once", "always"])
def test_damage_is_fetched_once_more_and_no_oftener(fetches: int) -> None:
    """A batch that stays damaged costs two fetches more than none, one that does not costs one more."""
    _, sound = chunks_of((1, PAYLOAD, 0), fetches=0, at_once=100)
    _, taken = chunks_of((1, PAYLOAD, 1), fetches, at_once=100)
    assert (sound, taken) == (1, 2 if fetches == 1 else 3)
