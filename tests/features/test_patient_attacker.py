"""Somebody who always sends the most that is not noticed: how far, and how fast, that takes them."""

from __future__ import annotations

import numpy as np
import pytest

from features.baseline import OCTAVE, Baselines
from features.ticks import DAY_MS

USUAL = 1_000.0
"""What the honest days hold; a unit large enough that rounding to levels says nothing."""

CEILING = 20.0
"""What one in a thousand peers reaches, in multiples of the usual."""

HONEST_DAYS, YEAR = 56, 365


def honest(seed: int, accounts: int) -> np.ndarray:
    """Honest days of some accounts, log-normal around the usual with 25 % of variation; float64[days, accounts]."""
    return USUAL * np.random.default_rng(seed).lognormal(0, 0.25, (HONEST_DAYS, accounts))


def day_of(past: Baselines, day: int, values: np.ndarray, ceiling: float = CEILING) -> np.ndarray:
    """A day's value of every account, and how it stands beside the limit."""
    names = [str(i) for i in range(len(values))]
    as_of = np.full(len(values), day * DAY_MS)
    ceilings = np.full((len(values), 1), ceiling * USUAL)
    return past.against(names, as_of, values[:, None], ceilings)[:, 0]


def taught(seed: int, accounts: int = 50, ceiling: float = CEILING) -> Baselines:
    """Accounts with an honest past."""
    past = Baselines(["requests_1h"], accounts)
    for day, values in enumerate(honest(seed, accounts)):
        day_of(past, day, values, ceiling)
    return past


def attacked(past: Baselines, accounts: int, days: int, ceiling: float = CEILING) -> np.ndarray:
    """What the attackers send on each day, in multiples of the usual: just what the limit lets pass."""
    sent = []
    for day in range(HONEST_DAYS, HONEST_DAYS + days):
        day_of(past, day, np.zeros(accounts), ceiling)  # the day's limit is set at its first value
        most = np.exp2(past.limit[[past.slots[str(i)] for i in range(accounts)], 0] / OCTAVE) - 1.001
        assert (day_of(past, day, most, ceiling) <= 1).all()
        sent.append(most / USUAL)
    return np.array(sent)


@pytest.mark.parametrize("seed", range(3))
def test_a_patient_attacker_needs_seventy_days_for_ten_times_and_never_has_twenty(seed: int) -> None:
    """safety.md 14: at least 70 days to ten times, never above twenty, at most fifteen times the honest year."""
    sent = attacked(taught(seed), 50, YEAR)
    assert (sent[:70].max(axis=0) < 10).all()
    assert sent.max() <= CEILING
    assert (sent.sum(axis=0) <= 15 * YEAR).all()


def test_without_peers_a_year_of_patience_stays_below_two_hundred_times() -> None:
    """The growth cap alone bounds it: safety.md's table has 188."""
    assert attacked(taught(1, ceiling=np.inf), 50, YEAR, np.inf).max() < 200


@pytest.mark.parametrize("seed", range(3))
def test_growth_by_five_percent_a_day_is_caught_within_thirty_days(seed: int) -> None:
    """Faster growth than 1 % a day overtakes its limit."""
    past, caught = taught(seed), np.zeros(50, np.bool_)
    for day in range(30):
        caught |= day_of(past, HONEST_DAYS + day, np.full(50, USUAL * 1.05 ** (day + 1))) > 1
    assert caught.all()


def test_an_alerting_day_teaches_nothing() -> None:
    """Days far above the limit leave the next days' limits where honest days would have."""
    loud, quiet = taught(1), taught(1)
    for day in range(HONEST_DAYS, HONEST_DAYS + 20):
        day_of(loud, day, np.full(50, USUAL * 1_000))
        day_of(quiet, day, np.full(50, USUAL))
    day_of(loud, HONEST_DAYS + 20, np.zeros(50))
    day_of(quiet, HONEST_DAYS + 20, np.zeros(50))
    assert (loud.limit <= quiet.limit + OCTAVE / 2).all()


def test_honest_days_are_seldom_above_their_limit() -> None:
    """With a day's variation of 25 %, fewer than one honest day in five hundred stands out."""
    past, above = taught(5, 200), 0
    for day, values in enumerate(honest(6, 200)):
        above += int((day_of(past, HONEST_DAYS + day, values) > 1).sum())
    assert above / (200 * HONEST_DAYS) < 0.002
