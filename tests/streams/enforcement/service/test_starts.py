"""Where reading begins: never before what the ledger knows, never where nothing is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.service.starts import Start, starts

PLACE = ("alerts", 0)


def start(known: int | None, first: int, end: int, from_end: bool = False) -> Start:
    given = {} if known is None else {PLACE: known}
    return starts(given, {PLACE: first}, {PLACE: end}, frozenset({"alerts"} if from_end else ()))[PLACE]


def test_it_goes_on_where_it_left_off() -> None:
    """A known place is gone on from; an unknown topic is read from its first record, or from now on if so asked."""
    assert start(7, 0, 9) == Start(7)
    assert start(None, 3, 9) == Start(3)
    assert start(None, 3, 9, from_end=True) == Start(9)
    assert start(7, 0, 9, from_end=True) == Start(7)


def test_what_is_gone_is_told() -> None:
    """Records that retention took are counted; a topic that ends before the place was made anew."""
    assert start(3, 8, 9) == Start(8, lost=5)
    assert start(12, 0, 9) == Start(0, anew=True)


@given(st.none() | st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.booleans())
def test_it_begins_within_the_log(known: int | None, first: int, more: int, from_end: bool) -> None:
    """Reading begins between the log's first offset and its end, and skips nothing that is there and unread."""
    found = start(known, first, first + more, from_end)
    assert first <= found.offset <= first + more
    if known is not None and first <= known <= first + more:
        assert found == Start(known)
