"""How the study divides its traces."""

from __future__ import annotations

import polars as pl
import pytest
from study.parts import DEVELOPED, FIRST, LONG_ENOUGH, START, TEST, Part, part_of, timed

from features.ticks import DAY_MS, HOUR_MS


def trace(days: int) -> pl.DataFrame:
    """Events of 400 accounts, each every hour, from noon of some day on."""
    hours = pl.DataFrame({"time": [1_431_856_800_000 + HOUR_MS * hour for hour in range(24 * days)]})
    return hours.join(pl.DataFrame({"account_id": [f"a{n}" for n in range(400)]}), how="cross")


def kept(part: Part, events: pl.DataFrame) -> tuple[set[str], set[int]]:
    """Accounts of a part, and the hours it has by their place in the trace."""
    numbered = events.with_columns(place=pl.col("time"))
    found = part_of(numbered, part)
    return set(found["account_id"]), set(found["place"])


@pytest.mark.parametrize(("one", "other"), [(FIRST, TEST), DEVELOPED])
def test_no_entity_and_no_time_is_in_both_parts(one: Part, other: Part) -> None:
    """About half of the accounts each, and every hour of the one before any of the other."""
    (first, early), (test, late) = (kept(part, trace(8)) for part in (one, other))
    assert min(len(first), len(test)) > 50
    assert not first & test
    assert max(early) < min(late)


def test_who_develops_sees_nothing_of_the_test() -> None:
    """Both parts that the study is written on lie within the first, by entity and by time."""
    whole, hours = kept(FIRST, trace(8))
    for part in DEVELOPED:
        some, theirs = kept(part, trace(8))
        assert some < whole
        assert theirs < hours


def test_a_short_trace_is_divided_by_entity_alone() -> None:
    """Under two days a half would hold no whole day; then both have all of the time, and still no entity in common."""
    short = trace(1)
    assert (timed(short), timed(trace(3))) == (False, True)
    assert short["time"].max() - short["time"].min() < LONG_ENOUGH  # type: ignore[operator]
    (first, early), (test, late) = (kept(part, short) for part in (FIRST, TEST))
    assert early == late
    assert not first & test


def test_hours_of_the_day_stay() -> None:
    """Every part begins on the same day, at the hour that it had."""
    events = trace(8)
    found = part_of(events.with_columns(hour=pl.col("time") % DAY_MS), TEST)
    assert (found["time"] % DAY_MS == found["hour"]).all()
    assert START <= found["time"].min() < START + DAY_MS  # type: ignore[operator]
