"""The circuit breaker and the retry budget."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.outbox.breaker import Breaker, RetryBudget

T0 = 1_800_000_000_000


def failed(times: int, every_ms: int) -> Breaker:
    breaker = Breaker()
    for n in range(times):
        breaker = breaker.after(False, T0 + n * every_ms)
    return breaker


def test_five_failures_in_thirty_seconds_open_it() -> None:
    """Four failures leave it closed, the fifth within 30 s opens it, and for 30 s nothing passes."""
    assert failed(4, 1_000).room(T0 + 4_000) == 1
    opened = failed(5, 1_000)
    assert [opened.room(T0 + 4_000 + wait) for wait in (0, 29_999, 30_000)] == [0, 0, 1]


def test_old_failures_are_forgotten() -> None:
    """Failures further apart than the window never open it."""
    assert failed(50, 10_000).probe_ms is None


def test_one_probe_decides() -> None:
    """After the wait one attempt may pass: it goes well and closes, or fails and opens for as long again."""
    opened = failed(5, 0)
    assert opened.after(True, T0 + 30_000) == Breaker()
    assert opened.after(False, T0 + 30_000).room(T0 + 59_999) == 0
    assert opened.after(False, T0 + 30_000).room(T0 + 60_000) == 1


def test_a_clock_that_jumps_back_does_not_keep_it_open() -> None:
    """Where the probe lies further away than any wait could be, it may pass."""
    assert failed(5, 0).room(T0 - 3_600_000) == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40_000)), max_size=60))
def test_room_bounds_what_may_fail(steps: list[tuple[bool, int]]) -> None:
    """However attempts end, at most five fail within 30 s where each asks for room first."""
    breaker, now = Breaker(), T0
    failures: list[int] = []
    for well, wait in steps:
        now += wait
        if breaker.room(now):
            breaker = breaker.after(well, now)
            failures = [] if well else [*(at for at in failures if now - at < 30_000), now]
            assert len(failures) <= 5


def test_retries_are_a_tenth_of_first_attempts() -> None:
    """With 60,000 first attempts a minute 100 retries a second are free, with none at all one a second."""
    busy = RetryBudget(since_ms=T0)
    for _ in range(60_000):
        busy = busy.first(T0)
    for budget, gap in ((busy, 10), (RetryBudget(), 1_000)):
        free = []
        for _ in range(50):
            at, budget = budget.retry(T0 + 1, T0 + 1)
            free.append(at)
        assert {after - before for before, after in itertools.pairwise(free)} == {gap}


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_a_retry_is_never_early(wanted: list[int]) -> None:
    """The budget only ever delays."""
    budget = RetryBudget()
    for wait in wanted:
        at, budget = budget.retry(T0 + wait, T0)
        assert at >= T0 + wait
