"""How far behind: the arithmetic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.worker.topics.lag import Stamp, behind, lags, total, unread_from

_OFFSETS = st.dictionaries(st.integers(0, 5), st.integers(0, 50))


@given(_OFFSETS, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=6, max_size=6))
def test_every_message_is_counted_once(committed: dict[int, int], spans: list[tuple[int, int]]) -> None:
    """Between the committed offset and the end a message is unread or lost, never both and never neither."""
    first = {p: start for p, (start, _) in enumerate(spans)}
    end = {p: start + length for p, (start, length) in enumerate(spans)}
    each = lags(committed, first, end, {}, {})
    for one in each:
        if one.committed is not None and not one.beyond:
            assert one.unread + one.lost == one.end - one.committed
    assert unread_from(committed, first, end).keys() == {one.partition for one in each if one.unread}
    assert total(each).unread == sum(one.unread for one in each)


def test_a_live_record_waits_by_the_clock() -> None:
    """With the broker's stamp: since when it lies there; a clock that is behind the broker's makes no negative time."""
    stamp = Stamp(1_000, by_broker=True)
    assert behind(stamp, now=61_000, newest=2_000) == 60_000
    assert behind(stamp, now=900, newest=2_000) == 0


def test_a_record_of_history_waits_in_the_logs_own_time() -> None:
    """With a producer's stamp: how much of the log's time is still to be read, whatever the clock says."""
    assert behind(Stamp(1_000, by_broker=False), now=10**12, newest=31_000) == 30_000


def test_read_to_the_end_is_zero_and_unknown_is_unknown() -> None:
    """0 s where nothing is unread; where a record's stamp is not known neither it nor the total is made up."""
    read, unknown, known = lags({0: 5, 1: 2, 2: 2}, dict.fromkeys(range(3), 0), dict.fromkeys(range(3), 5), {2: 70}, {})
    assert (read.behind_ms, unknown.behind_ms, known.behind_ms) == (0, None, 70)
    assert total([read, known]).behind_ms == 70
    assert total([read, unknown, known]).behind_ms is None


def test_what_was_deleted_unread_is_told() -> None:
    """Retention that overtook the group is messages lost, not messages to be read."""
    (one,) = lags({0: 10}, {0: 40}, {0: 50}, {}, {})
    assert (one.unread, one.lost) == (10, 30)


def test_a_topic_made_anew_is_told() -> None:
    """More committed than there is makes no negative lag."""
    (one,) = lags({0: 60}, {0: 0}, {0: 50}, {}, {})
    assert (one.unread, one.lost, one.beyond) == (0, 0, True)
