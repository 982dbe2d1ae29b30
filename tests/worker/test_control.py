"""Control records: only those signed for their own place order anything."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from streams.codec import Codec, Reason
from streams.worker.packs.control import Control, verified

KEY = b"k"
ORDER = Control("usage.events", 3, "abcdefabcdef", "0" * 64, 1_772_409_600_000)


def test_a_signed_order_is_verified_where_it_was_written_for() -> None:
    """Its own topic, partition and key: the order; any other: none."""
    record = ORDER.record(KEY)
    assert verified(record, KEY, "usage.events", 3) == ORDER
    assert verified(record, KEY, "usage.events", 4) is None
    assert verified(record, KEY, "other", 3) is None
    assert verified(record, b"x", "usage.events", 3) is None
    assert verified(record, None, "usage.events", 3) is None


@given(st.sampled_from(["pack", "digest", "serial", "signature"]), st.text() | st.integers() | st.none())
def test_no_changed_order_is_verified(name: str, value: object) -> None:
    """Whatever is put in place of a signed field."""
    told = json.loads(ORDER.record(KEY))
    if told[name] != value:
        assert verified(json.dumps({**told, name: value}).encode(), KEY, "usage.events", 3) is None


@given(st.binary(max_size=200))
def test_anything_else_is_no_order(record: bytes) -> None:
    """Bytes of any kind are data."""
    assert verified(record, KEY, "usage.events", 3) is None


def test_the_codec_hands_a_control_record_on_as_unsigned() -> None:
    """That is how a partition finds it: a good record in all else."""
    decoded = Codec(()).decode_records([ORDER.record(KEY)])
    assert [one.reason for one in decoded.dead] == [Reason.UNSIGNED_CONTROL]
