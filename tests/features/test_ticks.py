"""Windows and running maxima."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.ticks import TICK_MS, WINDOWS, running_max, segment_starts

TIMES = st.integers(0, 19_000_000_000_000)


@given(st.lists(st.tuples(st.integers(0, 5), TIMES), max_size=60), st.lists(TIMES, min_size=6, max_size=6))
def test_running_max_is_the_loop(rows: list[tuple[int, int]], initial: list[int]) -> None:
    """Every segment's running maximum is what a plain loop gives, begun at the segment's initial value."""
    rows = sorted(rows, key=lambda row: row[0])
    keys, values = np.array([k for k, _ in rows], np.int64), np.array([v for _, v in rows], np.int64)
    starts = segment_starts(keys)
    best = dict(enumerate(initial))
    expected = []
    for key, value in rows:
        best[key] = max(best[key], value)
        expected.append(best[key])
    begun = np.array([initial[k] for k in keys[starts].tolist()], np.int64)
    assert running_max(values, starts, begun).tolist() == expected


def test_running_max_survives_times_far_apart_in_many_segments() -> None:
    """Where one offset per segment would leave int64, the answer is still right."""
    count = 300_000
    values = np.tile(np.array([0, 19_000_000_000_000], np.int64), count)
    starts = np.arange(0, 2 * count, 2)
    assert (running_max(values, starts, np.zeros(count, np.int64)) == values).all()


@pytest.mark.parametrize("window", WINDOWS.values(), ids=lambda window: window.name)
def test_a_window_covers_at_least_its_name(window: object) -> None:
    """A span is at least the window and less than a window and a pane, and panes are whole ticks."""
    one = WINDOWS[getattr(window, "name", "")]
    spans = one.span_ms(np.arange(0, 3 * one.length_ms, 7_001, dtype=np.int64))
    assert spans.min() >= one.length_ms
    assert spans.max() < one.length_ms + one.pane_ms
    assert one.pane_ms % TICK_MS == 0
