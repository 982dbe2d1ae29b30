"""Stored batches become columns: every codec, offset, stamp and key; what must not be seen is passed over."""

from __future__ import annotations

import pytest
from worker.transport.stored_batches import (
    PACKS,
    PAYLOAD,
    TRANSACTIONAL,
    Pack,
    Record,
    fetch,
    harmed,
    marker,
    plain,
    sealed,
    stored,
)

from streams.worker.transport.bombs import bound_decompression
from streams.worker.transport.unpacking import unpack

NO_LIMIT = 2**40
STAMP = 1_700_000_000_000
RECORDS = [Record(at, b"value %d" % at * at, b"key %d" % at, STAMP - at) for at in range(50)]


@pytest.mark.parametrize("bounded", [False, True], ids=["unbounded", "bounded"])
@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_codec_gives_what_aiokafka_gives(pack: Pack, bounded: bool, restored_codecs: None) -> None:
    """Offsets, stamps, keys and values are those of aiokafka's own reader, with and without a limit on unpacking."""
    expected = list(fetch(stored(RECORDS, 7, pack), at=7))
    if bounded:
        bound_decompression(2**20)
    found = unpack(fetch(stored(RECORDS, 7, pack), at=7), NO_LIMIT)
    assert found.values == [one.value for one in expected] == [one.value for one in RECORDS]
    assert found.keys == [one.key for one in expected]
    assert found.offsets.tolist() == [one.offset for one in expected] == list(range(7, 57))
    assert found.stamps.tolist() == [one.timestamp for one in expected]
    assert (found.broken, found.by_broker, found.first, found.next_offset) == ([], False, 7, 57)


def test_the_brokers_stamp_is_every_records() -> None:
    """With LogAppendTime each record has the batch's stamp, whatever its producer wrote."""
    found = unpack(fetch(stored(RECORDS, by_broker=STAMP + 5)), NO_LIMIT)
    assert found.by_broker
    assert set(found.stamps.tolist()) == {STAMP + 5}


def test_one_batch_of_a_producers_stamps_makes_the_chunk_theirs() -> None:
    """Of a batch of either kind the chunk says that not all stamps are the broker's."""
    both = unpack(fetch(stored(RECORDS, by_broker=STAMP), stored(RECORDS, 50)), NO_LIMIT)
    assert not both.by_broker
    assert both.stamps.tolist() == [STAMP] * 50 + [one.stamp for one in RECORDS]


def test_a_record_without_a_stamp_has_minus_one() -> None:
    """A producer may store no stamp at all; such a record comes, and so do the ones beside it."""
    found = unpack(fetch(stored([Record(0, b"a", stamp=STAMP), Record(1, b"b", stamp=-1)])), NO_LIMIT)
    assert (found.stamps.tolist(), found.values, found.broken) == ([STAMP, -1], [b"a", b"b"], [])


def test_no_value_is_an_empty_one() -> None:
    """A tombstone's value is b"", a missing key stays None."""
    found = unpack(fetch(stored([Record(0, None), Record(1, b"", b"")])), NO_LIMIT)
    assert (found.values, found.keys) == ([b"", b""], [None, b""])


def test_records_below_the_position_are_left_out() -> None:
    """A fetch from the middle of a batch brings the whole batch; its first records are not seen again."""
    found = unpack(fetch(stored(RECORDS, 100), at=130), NO_LIMIT)
    assert (found.first, found.next_offset) == (130, 150)
    assert found.offsets.tolist() == list(range(130, 150))
    assert found.values == [one.value for one in RECORDS[30:]]
    assert len(found.keys) == len(found.stamps) == 20


def test_gaps_of_compaction_are_part_of_the_chunk() -> None:
    """Records that compaction took leave their offsets: within a batch, at its ends, between batches, and all of it."""
    thinned = stored([Record(2, b"a"), Record(5, b"b")], 10, last_delta=9)
    emptied = stored([], 30, last_delta=4)
    found = unpack(fetch(thinned, emptied, plain(2, 40), at=10), NO_LIMIT)
    assert (found.first, found.next_offset, found.broken) == (10, 42, [])
    assert found.offsets.tolist() == [12, 15, 40, 41]


def test_the_byte_budget_leaves_the_rest_for_the_next_poll() -> None:
    """Batches are taken until the budget is reached; the fetch goes on with the next batch, nothing twice."""
    batches = [stored([Record(0, b"x" * 100)], at) for at in range(10)]
    waiting = fetch(*batches)
    seen = []
    for expected in ([0, 1, 2], [3, 4, 5], [6, 7, 8], [9]):
        found = unpack(waiting, 250)
        assert found.offsets.tolist() == expected
        assert found.next_offset == waiting.next_fetch_offset == expected[-1] + 1
        seen += found.values
    assert seen == [b"x" * 100] * 10


def test_control_batches_are_covered_but_not_seen() -> None:
    """The marker of a committed transaction is no record, and the chunk still reaches over it."""
    committed = stored(RECORDS[:3], 0, attributes=TRANSACTIONAL, producer=9)
    found = unpack(fetch(committed, marker(3, 9, commits=True)), NO_LIMIT)
    assert (found.offsets.tolist(), found.next_offset) == ([0, 1, 2], 4)


def test_aborted_transactions_are_covered_but_not_seen() -> None:
    """Of two producers writing at once, the aborted one's records are left out, and its later ones come."""
    log = [
        stored([Record(0, b"aborted")], 0, attributes=TRANSACTIONAL, producer=9),
        stored([Record(0, b"other's")], 1, attributes=TRANSACTIONAL, producer=8),
        stored([Record(0, b"plain")], 2),
        marker(3, 9, commits=False),
        stored([Record(0, b"again")], 4, attributes=TRANSACTIONAL, producer=9),
        marker(5, 9, commits=True),
        marker(6, 8, commits=True),
    ]
    found = unpack(fetch(*log, aborted=[(9, 0)]), NO_LIMIT)
    assert (found.values, found.offsets.tolist()) == ([b"other's", b"plain", b"again"], [1, 2, 4])
    assert (found.first, found.next_offset, found.broken) == (0, 7, [])
    assert [one.value for one in fetch(*log, aborted=[(9, 0)])] == found.values


def test_one_batch_that_cannot_be_unpacked_leaves_the_others() -> None:
    """A payload that is no compressed data, under a right checksum, is broken; batches beside it are read."""
    for name, pack in PACKS.items():
        if name == "none":
            continue
        lie = (pack[0], lambda _: b"this is not compressed at all")
        found = unpack(fetch(plain(2), stored(RECORDS[:3], 2, lie), plain(2, 5)), NO_LIMIT)
        assert [(one.first, one.last, one.too_large) for one in found.broken] == [(2, 4, False)], name
        assert found.broken[0].detail.startswith("it cannot be unpacked ("), name
        assert (found.offsets.tolist(), found.next_offset) == ([0, 1, 5, 6], 7), name


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_a_codec_that_does_not_exist_is_broken(codec: int) -> None:
    """Numbers that Kafka gave to no codec break their batch and no other."""
    found = unpack(fetch(plain(1), stored(RECORDS[:2], 1, (codec, bytes)), plain(1, 3)), NO_LIMIT)
    assert [(one.first, one.last) for one in found.broken] == [(1, 2)]
    assert found.offsets.tolist() == [0, 3]


@pytest.mark.parametrize("deltas", [(0, 0), (1, 0), (0, 3), (-1, 0)], ids=str)
def test_offsets_that_do_not_rise_within_their_batch_are_broken(deltas: tuple[int, int]) -> None:
    """A producer that numbers records twice, backwards or outside its batch cannot put them among others'."""
    wrong = stored([Record(delta, b"?") for delta in deltas], 5, last_delta=1)
    found = unpack(fetch(plain(5), wrong, plain(1, 7)), NO_LIMIT)
    assert [(one.first, one.last) for one in found.broken] == [(5, 6)]
    assert found.offsets.tolist() == [0, 1, 2, 3, 4, 7]


def test_a_header_that_is_not_text_is_broken() -> None:
    """A header's name that is not UTF-8 breaks its batch and no other."""
    batch = bytearray(stored(RECORDS[:1], 1))
    batch[batch.index(b"who")] = 0xFF
    found = unpack(fetch(plain(1), sealed(batch), plain(1, 2)), NO_LIMIT)
    assert [(one.first, one.last) for one in found.broken] == [(1, 1)]
    assert found.offsets.tolist() == [0, 2]


def test_damage_ends_the_chunk_first_and_is_believed_when_met_again() -> None:
    """Before a batch whose checksum is wrong the chunk ends in doubt; in a second fetch from there it is broken."""
    log = [plain(2), harmed(plain(3, 2), PAYLOAD + 4, 1), plain(2, 5)]
    first = unpack(fetch(*log), NO_LIMIT, end=7)
    assert (first.next_offset, first.doubted, first.cut, first.broken) == (2, True, True, [])
    second = unpack(fetch(*log[1:], at=2), NO_LIMIT, end=7, doubted=2)
    assert [(one.first, one.last, one.detail) for one in second.broken] == [(2, 4, "its checksum does not match")]
    assert (second.next_offset, second.doubted, second.cut) == (5, False, True)


@pytest.mark.parametrize("attributes", [0x20, 0x10], ids=["control", "transactional"])
def test_damage_does_not_pass_for_what_is_passed_over(attributes: int) -> None:
    """A flip that makes a batch look like a marker, or an aborted one, is damage: its records are not dropped."""
    batch = harmed(stored(RECORDS[:3], attributes=TRANSACTIONAL ^ attributes, producer=9), 22, attributes)
    found = unpack(fetch(batch, aborted=[(9, 0)]), NO_LIMIT, end=3, doubted=0)
    assert [(one.first, one.last) for one in found.broken] == [(0, 2)]
