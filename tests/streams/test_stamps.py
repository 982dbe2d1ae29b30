"""Stamps: the running maximum of the least time among a record and the four after it, so no wrong time moves them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.stamps import AHEAD_MS, LOOK_AHEAD, Stamper, mostly_falling

YEARS = 3 * 365 * 86_400_000
START = 1_772_409_600_000

TIMES = st.lists(st.integers(0, 100) | st.integers(0, 10**13), max_size=60)


def events(times: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"record": range(len(times)), "time": times}, schema={"record": pl.Int64, "time": pl.Int64})


def stamped(times: list[int], cuts: list[int], ends: list[int] | None = None) -> tuple[list[int], list[bool]]:
    """Stamps and flags of a log given in pieces; after some nobody waits for more."""
    stamper, whole, stamps, ahead = Stamper(), events(times), [], []
    bounds = sorted({0, *(min(cut, len(times)) for cut in cuts), len(times)})
    for first, last in pairwise(bounds):
        found = stamper.stamp(whole[first:last], last=last == len(times) or last in (ends or []))
        stamps += found["stamp"].to_list()
        ahead += found["ahead"].to_list()
    assert stamper.waiting == 0
    return stamps, ahead


def naive(times: list[int]) -> list[int]:
    """The definition, word by word."""
    found: list[int] = []
    for index in range(len(times)):
        least = min(times[index : index + LOOK_AHEAD + 1])
        found.append(max([least, *found]))
    return found


@given(TIMES, st.lists(st.integers(0, 60), max_size=10))
def test_stamps_are_as_defined_however_the_log_is_cut(times: list[int], cuts: list[int]) -> None:
    """Any split into calls gives the definition's stamps, and flags what is over an hour ahead of its own."""
    stamps, ahead = stamped(times, cuts)
    assert stamps == naive(times)
    assert ahead == [time - stamp > AHEAD_MS for time, stamp in zip(times, stamps, strict=True)]


@given(TIMES, st.lists(st.integers(0, 60), max_size=6), st.lists(st.integers(0, 60), max_size=3))
def test_giving_up_at_a_place_is_all_that_matters(times: list[int], cuts: list[int], ends: list[int]) -> None:
    """Where nobody waits, the records so far are stamped without those after; other cuts change nothing."""
    assert stamped(times, [*cuts, *ends], ends) == stamped(times, ends, ends)


@given(st.lists(st.integers(0, 60_000), min_size=20, max_size=60), st.data())
def test_up_to_four_times_years_ahead_move_nothing(steps: list[int], data: st.DataObject) -> None:
    """Up to four adjacent wrong ones are flagged; every other record is stamped no later than without them."""
    times = (START + np.cumsum(steps)).tolist()
    first, count = data.draw(st.integers(0, len(times) - 9)), data.draw(st.integers(1, LOOK_AHEAD))
    wrong = range(first, first + count)
    found, ahead = stamped([time + YEARS if i in wrong else time for i, time in enumerate(times)], [])
    assert max(found) <= max(times)
    assert [i for i, flagged in enumerate(ahead) if flagged] == list(wrong)
    assert found[first + count :] == naive(times)[first + count :]


def test_five_wrong_in_a_row_do_move_it() -> None:
    """That is the limit, and it is stated: five adjacent records that agree are believed."""
    times = [START + i * 1_000 for i in range(30)]
    found, ahead = stamped([time + YEARS if 10 <= i < 15 else time for i, time in enumerate(times)], [])
    assert found[-1] > START + YEARS
    assert not any(ahead)


@given(st.integers(5, 20), st.integers(1, 8))
def test_times_years_behind_move_nothing(first: int, count: int) -> None:
    """A late record is accepted as late: stamps neither fall nor is anything flagged."""
    times = [START + i * 1_000 for i in range(40)]
    late = [time - YEARS if first <= i < first + count else time for i, time in enumerate(times)]
    found, ahead = stamped(late, [])
    assert found == sorted(found)
    assert found[first] >= times[first - LOOK_AHEAD - 1]
    assert found[-1] == times[-1]
    assert not any(ahead)


def test_four_are_held_back() -> None:
    """A record is stamped once the four after it are known, or once no more follow."""
    stamper = Stamper()
    assert stamper.stamp(events([5, 4, 3]), last=False).height == 0
    assert (stamper.waiting, stamper.first_waiting(-1)) == (3, 0)
    assert stamper.stamp(events([9, 9]), last=False)["stamp"].to_list() == [3]
    assert stamper.stamp(events([]), last=True)["stamp"].to_list() == [3, 3, 9, 9]
    assert (stamper.waiting, stamper.first_waiting(-1)) == (0, -1)


def test_it_goes_on_from_a_stamp() -> None:
    """A stamper that begins with a stamp gives none that is less."""
    assert Stamper(running=7).stamp(events([1, 9]), last=True)["stamp"].to_list() == [7, 9]


@pytest.mark.parametrize(("times", "falling"), [
    ([], False), ([5], False), ([5, 5, 5], False), ([1, 2, 3], False), ([3, 2, 1], True), ([9, 8, 8, 7, 8, 6], True),
    ([1, 9, 8, 7, 6], False), ([5, 1, 2, 3, 4], False), ([3, 1, 2, 4], False),
])  # fmt: skip
def test_mostly_falling(times: list[int], falling: bool) -> None:
    """A log runs backwards if it has more steps down than up and ends before it began."""
    assert mostly_falling(np.array(times, np.int64)) is falling
