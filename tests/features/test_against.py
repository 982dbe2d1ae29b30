"""Values beside an entity's own past and beside trained peers, with a naive twin of the past."""

from __future__ import annotations

import math
import statistics
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_logs import HASH_KEY, Record, frame

from features.baseline import KEPT_DAYS, OCTAVE, Baselines
from features.declared import build
from features.observe import Observer
from features.peers import ANY, QUANTILES, Trained
from features.state import State
from features.ticks import DAY_MS
from streams.pipeline import PipelineState
from streams.snapshot import decoded, encoded

START = 1_772_409_600_000
HOUR = 3_600_000


class Twin:
    """One value's own past, said as simply as features/baseline.py describes it."""

    def __init__(self) -> None:
        self.days: dict[int, int] = {}
        self.day: int | None = None
        self.today = -1
        self.limit: float | None = None

    def beside(self, day: int, value: float | None, ceiling: float | None) -> float | None:
        """How a value stands beside its limit; then it counts."""
        if self.day is None or day > self.day:
            self._close()
            self.limit = self._limit(day, 0 if self.day is None else day - self.day, ceiling)
            self.day, self.today = day, -1
        level = None if value is None else math.log2(1 + value) * OCTAVE
        found = None if level is None or self.limit is None else 2 ** ((level - self.limit) / OCTAVE)
        self.today = max(self.today, -1 if level is None else round(level))
        return found

    def _close(self) -> None:
        if self.day is None or self.today < 0:
            return
        before = self._between(self.day, 1, KEPT_DAYS)
        above = self.limit is not None and self.today > self.limit and bool(before)
        self.days[self.day] = statistics.median_low(before) if above else self.today

    def _between(self, day: int, newest: int, oldest: int) -> list[int]:
        return [level for at, level in self.days.items() if newest <= day - at <= oldest]

    def _limit(self, day: int, elapsed: int, ceiling: float | None) -> float | None:
        recent = self._between(day, 1, 28)
        days = recent if len(recent) >= 14 else self._between(day, 1, KEPT_DAYS)
        bounds = [] if ceiling is None else [math.log2(1 + ceiling) * OCTAVE]
        if len(days) >= 14:
            usual = statistics.median_low(days)
            apart = statistics.median_low([abs(level - usual) for level in days])
            bounds.append(usual + 6 * max(apart, OCTAVE / 6))
            bounds += [] if self.limit is None else [self.limit + OCTAVE * math.log2(1.01) * elapsed]
            lagged = self._between(day, 30, KEPT_DAYS)
            bounds += [statistics.median_low(lagged) + 3 * OCTAVE] if len(lagged) >= 14 else []
        return min(bounds, default=None)


_VALUES = st.none() | st.integers(0, 40) | st.sampled_from([200, 5_000])


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from([0, 1, 1, 1, 1, 2, 3, 16, 40, 95]), _VALUES), max_size=130),
       ceiling=st.none() | st.integers(10, 100))  # fmt: skip
def test_the_past_is_its_twins(steps: list[tuple[int, int | None]], ceiling: int | None) -> None:
    """Every value stands beside the limit where the naive twin has it, whatever days are missing."""
    past, twin, day = Baselines(["x"], 10), Twin(), 20_000
    for step, value in steps:
        day += step
        values, most = (np.array([[math.nan if v is None else float(v)]]) for v in (value, ceiling))
        ours = past.against(["a"], np.array([day * DAY_MS]), values, most)[0, 0]
        theirs = twin.beside(day, value, ceiling)
        assert math.isnan(ours) if theirs is None else ours == pytest.approx(theirs, rel=1e-9)


def test_many_entities_and_days_at_once_are_as_one_by_one() -> None:
    """What is taken in together changes nothing."""
    rng = np.random.default_rng(3)
    names = [str(i) for i in rng.integers(0, 5, 600)]
    days = np.sort(rng.integers(0, 60, 600))
    values, none = rng.integers(0, 50, (600, 2)).astype(np.float64), np.full((600, 2), np.nan)
    whole = Baselines(["x", "y"], 10).against(names, days * DAY_MS, values, none)
    single, each = Baselines(["x", "y"], 10), []
    for row in range(600):
        rows = slice(row, row + 1)
        each.append(single.against(names[rows], days[rows] * DAY_MS, values[rows], none[rows])[0])
    assert np.array_equal(whole, np.array(each), equal_nan=True)


def test_the_cap_bounds_what_is_kept_and_silence_frees_it() -> None:
    """One past too many has none until another is forgotten after 90 days."""
    past = Baselines(["x"], 1)
    one, many = np.array([[5.0]]), np.array([[1e9]])
    for day in range(20):
        past.against(["a"], np.array([day * DAY_MS]), one, np.array([[np.nan]]))
        assert np.isnan(past.against(["b"], np.array([day * DAY_MS]), many, np.array([[10.0]]))).all()
    past.forget((20 + KEPT_DAYS) * DAY_MS)
    assert not past.slots
    assert past.against(["b"], np.array([200 * DAY_MS]), many, np.array([[10.0]])).item() > 1


def test_eight_pasts_take_at_most_two_kibibytes() -> None:
    """DESIGN.md's budget, beside the name."""
    past = Baselines([f"value_{i}" for i in range(8)], 10)
    past.against(["a"], np.array([DAY_MS]), np.ones((1, 8)), np.full((1, 8), np.nan))
    assert past.nbytes <= 2_048


def observer(trained: Trained | None = None) -> Observer:
    """An engine whose requests are set beside the past and the peers."""
    declared = [{"name": "requests", "entity": "account", "aggregate": "count", "event": "inference", "windows": ["1h"],
                 "against": ["own", "peers"], "signal": "output"}]  # fmt: skip
    return Observer(build(declared), HASH_KEY, trained=trained)


def log(days: int = 30) -> list[Record]:
    """Two accounts, some requests at noon of every day, a hundred on the last."""
    times = [(START + day * DAY_MS + 12 * HOUR + i * 20_000, name)
             for day in range(days) for name in ("a", "b") for i in range(100 if day == days - 1 else 5)]  # fmt: skip
    events = [{"type": "inference", "account_id": name, "time": time, "plan": "pro"} for time, name in times]
    return [Record(time, event) for (time, _), event in zip(sorted(times), events, strict=True)] + [
        Record(times[-1][0] + HOUR, {"type": "heartbeat", "time": 0})
    ]


def values(engine: Observer, cuts: list[int], reload: bool = False) -> pl.DataFrame:
    """The compared values of every evaluation of a log cut into chunks."""
    records, state, found = log(), engine.empty(), []
    for first, last in pairwise([0, *cuts, len(records)]):
        for part in engine.parts(state, frame(records[first:last], first)):
            found += [due.values.select("requests_1h", "requests_1h_vs_own", "requests_1h_vs_peers")
                      for due in part.due]  # fmt: skip
        state = reloaded(engine, state) if reload else state
    return pl.concat(found)


def reloaded(engine: Observer, state: State) -> State:
    engine.compact(state)
    return decoded(encoded(PipelineState(state), {}), engine)[0].features


def test_a_day_of_twenty_times_the_usual_stands_out_however_the_log_is_cut() -> None:
    """The ratio passes 1 on the last day alone, the same in any cut and over snapshots."""
    whole = values(observer(), [])
    assert whole.equals(values(observer(), [1, 7, 150, 151, 300]))
    assert whole.equals(values(observer(), [3, 90, 200, 280], reload=True))
    calm = whole.filter(pl.col("requests_1h") <= 5)["requests_1h_vs_own"]
    assert calm.is_null().any()
    assert calm.max() <= 1  # type: ignore[operator]
    assert whole["requests_1h_vs_own"].max() > 4  # type: ignore[operator]
    assert whole["requests_1h_vs_peers"].is_null().all()


def test_trained_peers_decide_by_the_nearest_group() -> None:
    """Plan and dominant type, then the plan, then all; without a table nothing is said."""

    def trained(plan: str | None, event_type: str) -> Trained:
        return Trained({(("account", plan, event_type), "requests_1h"): np.linspace(0, 10, len(QUANTILES))})

    for known in (("pro", "inference"), ("pro", ANY), (ANY, ANY)):
        ratio = values(observer(trained(*known)), [200])["requests_1h_vs_peers"]
        assert ratio.max() == pytest.approx(100 / np.linspace(0, 10, len(QUANTILES))[99])
    for strange in (("trial", "inference"), ("pro", "compute")):
        assert values(observer(trained(*strange)), [200])["requests_1h_vs_peers"].is_null().all()


def test_a_new_account_inherits_its_peers_ceiling() -> None:
    """Without a past of its own, the limit is what one in a thousand peers reaches."""
    trained = Trained({(("account", ANY, ANY), "requests_1h"): np.full(len(QUANTILES), 3.0)})
    first = values(observer(trained), [])
    assert first.filter(pl.col("requests_1h") == 5)["requests_1h_vs_own"].min() == pytest.approx(6 / 4)
