"""Spending: counted anew or kept as it goes on, what purses have paid for is the same."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from small_policy import NOW

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.guards.spending import Paid, Purses, spent
from streams.enforcement.policy.standing import Spent


def paid(at_ms: int = NOW, account: str = "a", rule: str = "miner", clause: str = "mining",
         plan: str | None = "pro") -> Paid:  # fmt: skip
    """A payment, just now unless said."""
    return Paid(account, rule, clause, plan, at_ms)


def test_by_hand() -> None:
    """Windows are open at their old end; accounts count once; other rules count for the clause and for all."""
    rows = [
        paid(NOW), paid(NOW - 1, "a"), paid(NOW - HOUR_MS + 1, "b", "other"), paid(NOW - HOUR_MS, "c"),
        paid(NOW - 5, "d", "x", "spam", None), paid(NOW - DAY_MS + 1, "e"), paid(NOW - DAY_MS, "f"),
    ]  # fmt: skip
    assert spent(rows, "miner", "mining", NOW) == Spent(2, 3, 4, 3, 5, {"pro": 3, "": 1})


def test_nothing_paid() -> None:
    """An empty purse has spent nothing, and is named."""
    assert spent([], "miner", "mining", NOW) == Spent()
    assert Purses({"suspend": []}).spent("miner", "mining", NOW) == {"suspend": Spent()}


def test_a_breaker_is_of_its_purse() -> None:
    """What is shut shows in that purse alone, and from that moment on."""
    purses = Purses({"suspend": [], "narrow": []}, {"narrow": ["all"]})
    assert purses.spent("miner", "mining", NOW)["narrow"].shut == {"all"}
    purses.shut("suspend", "rule:miner")
    assert {name: one.shut for name, one in purses.spent("miner", "mining", NOW).items()} == {
        "suspend": {"rule:miner"}, "narrow": {"all"},
    }  # fmt: skip


def test_what_was_told_stays_as_it_was() -> None:
    """A later payment does not change what an earlier look found: decisions keep it."""
    purses = Purses({"suspend": [paid()]})
    before = purses.spent("miner", "mining", NOW)["suspend"]
    purses.pay("suspend", paid(account="b"))
    assert (before.all_h, before.by_plan_h) == (1, {"pro": 1})
    assert purses.spent("miner", "mining", NOW)["suspend"].by_plan_h == {"pro": 2}


def test_time_only_goes_on() -> None:
    """A look at an earlier time is answered as of the last: what has left a window does not come back."""
    purses = Purses({"suspend": [paid(NOW)]})
    assert purses.spent("miner", "mining", NOW + HOUR_MS)["suspend"].all_h == 0
    assert purses.spent("miner", "mining", NOW)["suspend"].all_h == 0


_STEPS = st.sampled_from([0, 0, 1, 60_000, HOUR_MS - 1, HOUR_MS, 5 * HOUR_MS, DAY_MS])
_PAID = st.builds(Paid, st.sampled_from("abc"), st.sampled_from(["miner", "x"]), st.sampled_from(["mining", "y"]),
                  st.sampled_from(["pro", "trial", None]), st.integers(-2 * HOUR_MS, HOUR_MS))  # fmt: skip


@given(st.lists(st.tuples(_STEPS, st.sampled_from(["suspend", "narrow"]), _PAID), max_size=40))
def test_kept_is_counted_anew(story: list[tuple[int, str, Paid]]) -> None:
    """After every payment, late ones and such from the future too, running counts are those of all rows."""
    now, purses, rows = NOW, Purses({"suspend": [], "narrow": []}), {"suspend": list[Paid](), "narrow": list[Paid]()}
    for step, purse, one in story:
        now += step
        late = Paid(one.account_id, one.rule, one.clause, one.plan, now + one.at_ms)
        purses.pay(purse, late)
        rows[purse].append(late)
        told = purses.spent("miner", "mining", now)
        assert told == {name: spent(found, "miner", "mining", now) for name, found in rows.items()}
    restarted = Purses(rows)
    assert restarted.spent("x", "y", now) == purses.spent("x", "y", now)


def test_a_flood_of_one_rule_is_cheap() -> None:
    """A look costs the same however much was paid: a hundred times the rows are not ten times the time."""

    def seconds(rows: int) -> float:
        purses = Purses({"suspend": [paid(NOW - n, f"a{n}") for n in range(rows)], "narrow": []})
        begun = time.perf_counter()
        for n in range(2_000):
            purses.spent("miner", "mining", NOW + n // 1_000)
            purses.pay("narrow", paid(NOW))
        return time.perf_counter() - begun

    few, many = min(seconds(100) for _ in range(3)), min(seconds(10_000) for _ in range(3))
    assert many < 10 * few
