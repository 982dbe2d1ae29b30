"""Checkpoints: signing, verifying, and when one is due."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.audit.checkpoints import Checkpoint, due, signed, verify
from streams.enforcement.audit.signing import new_signing_key

_KEY = new_signing_key()
_MARK = signed(_KEY, 1_000, bytes(range(32)), 1_795_000_000_000)


def test_a_checkpoint_holds_with_its_key() -> None:
    """Whoever has the public key can tell that it was signed."""
    assert verify(_MARK, {_KEY.id: _KEY.public}) is None


@pytest.mark.parametrize(
    "changed", [{"seq": 999}, {"hash": "00" * 32}, {"at_ms": 5}, {"signature": "AAAA"}, {"signature": "not base64"},
                {"seq": 2**60}, {"hash": "\ud800"}],
)  # fmt: skip
def test_a_changed_checkpoint_has_a_bad_signature(changed: dict[str, object]) -> None:
    """No field can be altered, not even into what cannot be written."""
    assert verify(msgspec.structs.replace(_MARK, **changed), {_KEY.id: _KEY.public}) == "has a bad signature"


def test_an_unknown_key_is_named() -> None:
    """A checkpoint of a key that nobody vouches for is worth nothing, and says whose it is."""
    told = verify(_MARK, {})
    assert told is not None
    assert _KEY.id in told


def test_another_key_under_the_same_id_does_not_pass() -> None:
    """What counts is the key, not what it is called."""
    assert verify(_MARK, {_KEY.id: new_signing_key().public}) == "has a bad signature"


def test_the_key_s_other_signatures_are_no_checkpoints() -> None:
    """What is signed begins with what it is, so a signature of the bare fields does not pass for a checkpoint."""
    bare = signed(_KEY, 1, bytes(32), 1).signed_bytes.split(b"\n", 1)[1]
    forged = Checkpoint(1, "00" * 32, 1, _KEY.id, base64.b64encode(_KEY.sign(bare)).decode())
    assert verify(forged, {_KEY.id: _KEY.public}) == "has a bad signature"


def test_the_first_record_is_covered_at_once() -> None:
    """With no checkpoint yet, one is due as soon as there is a record, and not before."""
    assert not due(None, 0, 0)
    assert due(None, 1, 0)


@given(st.integers(0, 3_000), st.integers(-200_000, 200_000))
def test_one_is_due_every_thousand_records_or_minute(more: int, later: int) -> None:
    """1,000 records or 60 s, whichever is first; never without a new record; a clock that was set back delays none."""
    told = due(_MARK, _MARK.seq + more, _MARK.at_ms + later)
    assert told == (more > 0 and (more >= 1_000 or abs(later) >= 60_000))
