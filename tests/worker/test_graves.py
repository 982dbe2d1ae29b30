"""How a dead letter lies in its topic."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.worker.letters.graves import Grave, NoGrave, as_record, from_record, is_marker, marked_origin, marker_of

_NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,40}", fullmatch=True)
_INTS = st.integers(-1, 2**62)
GRAVES = st.builds(
    Grave, source=_NAMES, partition=st.integers(0, 10_000), offset=st.integers(0, 2**62), stamp=_INTS, reason=_NAMES,
    detail=st.text(st.characters(exclude_categories=["Cs"])), key=st.none() | st.binary(), value=st.binary(),
    clipped=st.booleans(), withheld=st.booleans(),
)  # fmt: skip
ONE = Grave("usage.events", 3, 41, 1_772_409_600_000, "not_json", "it is no JSON", b"acme", b"{oops")


@given(GRAVES)
def test_what_is_buried_is_what_is_found(grave: Grave) -> None:
    """A dead letter read from its record is the one that was written, whatever is in it."""
    assert from_record(*as_record(grave)) == grave


@given(GRAVES)
def test_a_marker_names_its_letter_and_is_none(grave: Grave) -> None:
    """The marker of a redriven letter tells which record that was, and is never taken for a letter."""
    key, headers = marker_of(grave, "2:7")
    assert key == b"2:7"
    assert ("redriven", b"2:7") in headers
    assert is_marker(headers)
    assert marked_origin(headers) == grave.origin
    assert not is_marker(as_record(grave)[2])


def test_the_headers_are_for_any_client_to_read() -> None:
    """Reason, place and version stand in headers as plain text, beside the record's own key and value."""
    key, value, headers = as_record(ONE)
    assert (key, value) == (b"acme", b"{oops")
    assert dict(headers) == {
        "source": b"usage.events", "reason": b"not_json", "detail": b"it is no JSON", "partition": b"3",
        "offset": b"41", "stamp": b"1772409600000", "version": version("tipstaff").encode(),
    }  # fmt: skip


def test_a_text_that_utf8_does_not_hold_is_no_obstacle() -> None:
    """A detail with half a surrogate pair is written escaped."""
    grave = Grave("t", 0, 0, 0, "bad_id", "\ud800", None, b"")
    assert from_record(*as_record(grave)).detail == "\\ud800"


@pytest.mark.parametrize("name", ["source", "partition", "offset", "stamp", "reason", "detail"])
def test_a_record_without_a_header_is_no_grave(name: str) -> None:
    """What lacks a header is refused, and the header is named."""
    key, value, headers = as_record(ONE)
    with pytest.raises(NoGrave, match=f"lacks the headers {name}:"):
        from_record(key, value, [one for one in headers if one[0] != name])


@pytest.mark.parametrize("text", [b"", b"x", b"1.5", b"--1", b"1" * 30, "١".encode()])
def test_a_header_that_is_no_number_is_refused(text: bytes) -> None:
    """An offset that is no whole number is refused, and so is a marker's."""
    headers = [(name, text if name == "offset" else own) for name, own in as_record(ONE)[2]]
    with pytest.raises(NoGrave, match="header offset is no number"):
        from_record(None, b"", headers)
    with pytest.raises(NoGrave, match="header offset is no number"):
        marked_origin(headers)
