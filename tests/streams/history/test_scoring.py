"""Scores by hand and by law: intervals, what catches what, and figures that no order of lines can change."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.ticks import DAY_MS
from streams.history.exposure import Exposure
from streams.history.intervals import bootstrap, garwood, half_chi_square, reached, wilson
from streams.history.judging import ALERTS, GRACE_MS, LABELS, judged
from streams.history.scoring import Report, score

START, END = 1_000_000, 2_000_000
RULES = {"spam-rule": "spam", "mine-rule": "mining"}

Row = dict[str, Any]


def labels(*rows: Row) -> pl.DataFrame:
    """Labels from START to END unless said."""
    given_ = {"account_id": "a", "clause": None, "start": START, "end": END, "workload_id": None}
    return pl.DataFrame([{**given_, "line": n, **row} for n, row in enumerate(rows, 2)], schema=LABELS)


def alerts(*rows: Row) -> pl.DataFrame:
    """Alerts of `spam-rule` about accounts, at START unless said."""
    usual = {"clause": "spam", "detector": "spam-rule", "severity": "high", "kind": "account", "time": START}
    found = [{"id": f"{n}", "account_id": "a", **usual, **row} for n, row in enumerate(rows)]
    whole = [{"entity_id": row["account_id"], "last": row["time"], **row} for row in found]
    return pl.DataFrame(whole, schema=ALERTS)


@pytest.mark.parametrize(("k", "n", "low", "high"), [
    (9, 9, 0.7009, 1), (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
    (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
])  # fmt: skip
def test_wilson_by_table(k: int, n: int, low: float, high: float) -> None:
    """Wilson's interval is that of Newcombe's table (1998, method 3), and ends exactly at 0 and 1."""
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-4)
    assert wilson(k, n)[0] > 0 or k == 0
    assert wilson(k, n)[1] < 1 or k == n


@pytest.mark.parametrize(("count", "low", "high"), [
    (0, 0.0, 3.6889), (1, 0.0253, 5.5716), (2, 0.2422, 7.2247), (10, 4.7954, 18.3904), (100, 81.3640, 121.6268),
])  # fmt: skip
def test_garwood_by_table(count: int, low: float, high: float) -> None:
    """Garwood's exact interval is what published tables give; none at all bounds a rate by 3.69 / n."""
    assert garwood(count) == pytest.approx((low, high), abs=1e-4)


@given(st.floats(0.001, 0.999), st.integers(1, 60))
def test_half_chi_square_is_a_quantile(p: float, m: int) -> None:
    """At that mean a Poisson count is m or more with probability p, term by term."""
    mean = half_chi_square(p, m)
    fewer = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(m))
    assert 1 - fewer == pytest.approx(p, abs=1e-9)


def test_a_quantile_may_not_be_reached() -> None:
    """The undetected stand at the end: nine of ten reach the 90 % quantile, eight of ten don't."""
    nine = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, math.inf])
    assert (reached(nine, 0.5), reached(nine, 0.9)) == (5, 9)
    assert reached(np.array([*nine[:8], math.inf, math.inf]), 0.9) == math.inf


def test_a_bootstrap_holds_the_quantile_and_is_the_same_every_time() -> None:
    """Its bounds lie around the quantile, infinite ones among them; fewer than five accounts give none."""
    times, own = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, math.inf, math.inf]), np.arange(10)
    found = bootstrap(times, own, 0.5)
    assert found is not None
    assert 1 <= found[0] <= 5 <= found[1] < math.inf
    assert found == bootstrap(times, own, 0.5)
    many = bootstrap(times, own, 0.9)
    assert many is not None
    assert many[1] == math.inf
    assert bootstrap(times, own // 3, 0.5) is None


def test_a_bootstrap_draws_accounts_and_not_times() -> None:
    """Ten times of one account among four others' vary as five do: together."""
    times = np.array([1.0] * 10 + [9.0] * 4)
    assert bootstrap(times, np.array([0] * 10 + [1, 2, 3, 4]), 0.5) == (1, 9)
    apart = bootstrap(times, np.arange(14), 0.5)
    assert apart == (1, 1) or apart == (1, 9)


@pytest.mark.parametrize(("row", "verdict"), [
    ({"time": START}, "right"),
    ({"time": START - 1}, "wrong"),
    ({"time": END + GRACE_MS}, "right"),
    ({"time": END + GRACE_MS + 1}, "wrong"),
    ({"clause": "mining"}, "wrong"),
    ({"kind": "workload", "entity_id": "w"}, "right"),
    ({"kind": "workload", "entity_id": "other"}, "wrong"),
    ({"kind": "key", "entity_id": "other"}, "right"),
    ({"account_id": "h"}, "wrong"),
    ({"account_id": "h", "time": END + 1}, None),
    ({"account_id": "nobody"}, None),
])  # fmt: skip
def test_what_catches_what(row: Row, verdict: str | None) -> None:
    """Same account, clause and, of workloads, the one named; from the start to 24 h after the end; else see above."""
    known = labels({"clause": "spam", "workload_id": "w"}, {"account_id": "h"})
    assert judged(known, alerts(row))["verdict"].to_list() == [verdict]


def test_a_small_case_by_hand() -> None:
    """Two of three caught after 10 and 30 s; three of four pairs right; one false alert in 50 account-days."""
    known = labels(
        {"account_id": "a", "clause": "spam"}, {"account_id": "b", "clause": "spam"},
        {"account_id": "c", "clause": "mining"}, {"account_id": "h"},
    )  # fmt: skip
    mined = {"clause": "mining", "detector": "mine-rule"}
    found = alerts(
        {"account_id": "a", "time": START + 10_000}, {"account_id": "a", "time": START + 90_000},
        {"account_id": "c", "time": START + 30_000, **mined}, {"account_id": "h", "severity": "low", **mined},
        {"account_id": "stranger"},
    )  # fmt: skip
    whole = score(known, found, 50, RULES)
    one = whole.overall
    assert one.recall is not None
    assert (one.recall.k, one.recall.n, one.recall.interval) == (2, 3, wilson(2, 3))
    assert one.median is not None
    assert (one.median.ms, one.median.interval) == (30_000, None)
    assert one.p90 is not None
    assert one.p90.ms == math.inf
    assert one.precision is not None
    assert (one.precision.k, one.precision.n) == (2, 3)
    assert one.false is not None
    assert (one.false.count, one.false.value, one.false.by_severity) == (1, 200, {"low": 1})
    assert one.false.interval == pytest.approx([bound * 200 for bound in garwood(1)])
    assert whole.unknown == 1
    assert whole.rules["mine-rule"].recall == whole.clauses["mining"].recall
    assert [bool(one.recall and one.recall.k) for one in whole.clauses.values()] == [True, True]


def test_nothing_to_measure_is_not_nought() -> None:
    """Without labels of a clause there is no recall, without alerts no precision, without account-days no rate."""
    found = score(labels({"account_id": "h"}), alerts(), 0, RULES).overall
    assert (found.recall, found.median, found.precision, found.false) == (None, None, None, None)
    bounded = score(labels({"account_id": "h"}), alerts(), 100, RULES).overall.false
    assert bounded is not None
    assert bounded.interval == pytest.approx((0, 368.888), abs=0.01)


ACCOUNTS = st.sampled_from("abcdefgh")
KNOWN = st.lists(st.fixed_dictionaries({
    "account_id": ACCOUNTS, "clause": st.sampled_from([None, "spam", "mining"]), "start": st.integers(0, 10),
    "end": st.integers(10, 20),
}), max_size=8, unique_by=lambda row: row["account_id"])  # fmt: skip
RAISED = st.lists(st.fixed_dictionaries({
    "account_id": ACCOUNTS, "clause": st.sampled_from(["spam", "mining"]), "time": st.integers(0, 30),
    "severity": st.sampled_from(["low", "high"]),
}), max_size=12)  # fmt: skip


def scored(known: Iterable[Row], raised: Iterable[Row]) -> Report:
    """A score of rows; each alert is of its clause's rule."""
    detectors = {clause: rule for rule, clause in RULES.items()}
    return score(labels(*known), alerts(*({**row, "detector": detectors[row["clause"]]} for row in raised)), 100, RULES)


@settings(max_examples=30)
@given(KNOWN, RAISED, st.randoms(use_true_random=False))
def test_order_changes_nothing(known: list[Row], raised: list[Row], shuffled: Any) -> None:
    """Labels and alerts may stand in any order."""
    whole = scored(known, raised)
    shuffled.shuffle(known)
    shuffled.shuffle(raised)
    assert scored(known, raised) == whole


@settings(max_examples=30)
@given(KNOWN, RAISED, st.integers(10, 20))
def test_more_false_alerts_never_look_better(known: list[Row], raised: list[Row], time: int) -> None:
    """One more alert on an honest account never raises precision, always the rate, and never touches recall."""
    known = [row for row in known if row["account_id"] != "h"] + [{"account_id": "h", "start": 10, "end": 20}]
    before = scored(known, raised).overall
    after = scored(known, [*raised, {"account_id": "h", "clause": "spam", "severity": "low", "time": time}]).overall
    assert after.precision is not None
    assert before.precision is None or after.precision.value <= before.precision.value
    assert before.false is not None
    assert after.false is not None
    assert after.false.count == before.false.count + 1
    assert after.false.interval > before.false.interval
    assert (after.recall, after.median, after.p90) == (before.recall, before.median, before.p90)


@settings(max_examples=30)
@given(KNOWN, RAISED, RAISED)
def test_more_alerts_never_lower_recall(known: list[Row], raised: list[Row], more: list[Row]) -> None:
    """Whatever is raised besides, what was caught stays caught, and no later."""
    before, after = scored(known, raised).overall, scored(known, raised + more).overall
    if before.recall is None or before.median is None:
        assert after.recall is None
        return
    assert after.recall is not None
    assert after.median is not None
    assert after.recall.k >= before.recall.k
    assert after.median.ms <= before.median.ms


@settings(max_examples=30)
@given(KNOWN, RAISED)
def test_the_unknown_count_neither_way(known: list[Row], raised: list[Row]) -> None:
    """Alerts of accounts without a label change no figure but their own."""
    strangers = [{**row, "account_id": f"{row['account_id']}-stranger"} for row in raised]
    before, after = scored(known, raised), scored(known, raised + strangers)
    assert (after.overall, after.clauses) == (before.overall, before.clauses)
    assert after.unknown == before.unknown + len({row["account_id"] for row in raised})


@given(st.lists(st.tuples(st.sampled_from("ahx"), st.integers(-1, 4), st.integers(0, 3)), max_size=30),
       st.integers(1, 5))  # fmt: skip
def test_account_days_by_hand(found: list[tuple[str, int, int]], cut: int) -> None:
    """A day counts once for each honest account with an event in it, within its label, however events are cut."""
    seen = Exposure(labels({"account_id": "h", "start": 0, "end": 3 * DAY_MS}, {"clause": "spam"}))
    rows = [(account, day * DAY_MS + part * DAY_MS // 4) for account, day, part in found]
    for first in range(0, len(rows), cut):
        seen.add(pl.DataFrame(rows[first : first + cut], schema=["account_id", "time"], orient="row"))
    days = {time // DAY_MS for account, time in rows if account == "h" and 0 <= time <= 3 * DAY_MS}
    assert seen.days == len(days)
    assert set(seen.accounts) == {account for account, *_ in found}
    assert seen.unlabelled == len({"x"} & {account for account, *_ in found})
    assert set(seen.absent["account_id"]) == {"a", "h"} - {account for account, *_ in found}
