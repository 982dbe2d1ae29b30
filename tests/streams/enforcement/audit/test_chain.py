"""The chain of hashes."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.audit.chain import GENESIS, record, sealed
from streams.enforcement.audit.kinds import Kind


def test_a_hash_is_what_the_description_says() -> None:
    """A hash is SHA256(0x01 ‖ previous ‖ SHA256(0x00 ‖ record)), reckoned here from nothing but that sentence."""
    one = record(1, 1_795_000_000_000, Kind.SWITCH, "ada", {"on": False, "why": "drill"})
    written = json.dumps(one, sort_keys=True, separators=(",", ":")).encode()  # all ASCII: the same as RFC 8785
    inner = hashlib.sha256(b"\x00" + written).digest()
    assert sealed(GENESIS, one) == hashlib.sha256(b"\x01" + bytes(32) + inner).digest()


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.integers(1, 9), st.integers(1, 9))
def test_other_pasts_and_other_records_have_other_hashes(left: bytes, right: bytes, one: int, other: int) -> None:
    """A hash tells the record and everything before it."""
    first, second = (record(seq, 0, Kind.CASE, "ada", {}) for seq in (one, other))
    assert (sealed(left, first) == sealed(right, second)) == ((left, one) == (right, other))
