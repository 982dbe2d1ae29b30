"""Clusters: a farm that no account shows, values too common to mean anything, and bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from features.cluster_evaluation import COMMON_OLD
from features.clusters import EVALUATION, Clusters
from features.gathering import LET_ON, MINUTE_TICKS
from features.tie_sums import SUMS
from features.ties import GAPS

DAY_S = 86_400
BEGIN = 177_240_960  # a tick at the beginning of a day
KEY = "secret"
YEAR_S = 365 * DAY_S


def records(account: np.ndarray[Any, Any], stream: np.ndarray[Any, Any], **told: Any) -> pl.DataFrame:
    """Records of one request each: account numbers, ticks from BEGIN, and whatever else is told of them."""
    height = len(account)
    own: dict[str, Any] = {"trigger": np.arange(height), "source": 0, "stream": BEGIN + stream, "tick": BEGIN + stream,
                           "let_on": (BEGIN + stream) // MINUTE_TICKS,
                           "kind": "ja4_asn", "tie": 7, "account": np.char.add("acct-", account.astype(str)),
                           "events": 1, "requests": 1, "tokens": 500}  # fmt: skip
    columns = dict.fromkeys(LET_ON) | dict.fromkeys((*SUMS, *GAPS), 0) | own | told
    made = pl.DataFrame({name: pl.Series(name, value) if isinstance(value, np.ndarray | list) else
                         pl.Series(name, [value]).new_from_index(0, height)
                         for name, value in columns.items()})  # fmt: skip
    return ordered(made.cast(LET_ON).select(list(LET_ON)))


def ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """As a Gathering lets on records."""
    return rows.sort(pl.col("stream") // MINUTE_TICKS, "source", "trigger", "kind", "tie", "account")


def marker(active: int) -> pl.DataFrame:
    row = {"trigger": 0, "source": 0, "stream": BEGIN - 1, "active": active}
    return pl.DataFrame([{name: row.get(name) for name in LET_ON}], schema=LET_ON)


def cadence(gap_s: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The integer gap columns of gaps in seconds, −1 for none."""
    ms = np.maximum(gap_s, 0) * 1000
    return {"gaps": (gap_s >= 0).astype(np.int64), "gap_ms": ms, "gap_high": ms * ms >> 31,
            "gap_low": ms * ms & (2**31 - 1)}  # fmt: skip


def day_of(accounts: int, requests: int, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], Any]:
    """A day of accounts that each ask so often, at one pace with a jitter; seen in ticks of ten minutes' distance."""
    rng = np.random.default_rng(seed)
    pace = DAY_S // requests
    at = np.arange(requests)[None, :] * pace + rng.integers(0, pace // 2, (accounts, requests))
    at = np.minimum(at, DAY_S - 1)
    gaps = np.diff(at, axis=1, prepend=at[:, :1] + 1)
    stream = at // 600 * 60
    return np.repeat(np.arange(accounts), requests), stream.ravel(), cadence(gaps.ravel())


def test_a_farm_whose_accounts_do_nothing_of_note_stands_out_as_one() -> None:
    """24,000 accounts at 26 requests a day each: none asks 40 times; together they are young, alike and too many."""
    account, stream, gaps = day_of(24_000, 26, seed=7)
    farm = records(account, stream, age_s=2 * DAY_S, template=account.astype(np.uint64) % 5 + 1, **gaps)
    assert farm.group_by("account").agg(pl.col("requests").sum())["requests"].max() < 40  # type: ignore[operator]
    clusters = Clusters(KEY)
    clusters.take(marker(400_000))
    last = clusters.take(farm)[-1].to_dicts()[0]
    assert last["accounts_24h"] >= 20_000
    assert abs(last["accounts_24h"] - 24_000) <= 0.2 * 24_000
    assert last["requests_24h"] >= 500_000
    assert last["requests_per_account_24h"] < 40
    assert last["young_share_24h"] > 0.9
    assert last["gap_variation_24h"] < 0.5
    assert last["top_share_24h"] < 0.05
    assert last["accounts_per_template_24h"] > 1_000
    assert not last["common"]
    assert clusters.pooled == 1
    assert clusters.bytes_per_cluster <= 13 * 1024


def test_what_is_pooled_is_exact() -> None:
    """Sums over a cluster are those of its records from its second account on; a lone account makes no cluster."""
    account, stream, gaps = day_of(40, 12, seed=3)
    rows = records(account, stream, age_s=YEAR_S, **gaps)
    clusters = Clusters(KEY)
    found = clusters.take(rows)
    accounts = rows["account"].to_list()
    second = next(i for i, name in enumerate(accounts) if name != accounts[0])
    counted, last = rows[second:], found[-1].to_dicts()[0]
    assert last["requests_24h"] == counted["requests"].sum()
    assert last["tokens_24h"] == counted["tokens"].sum()
    ms = counted.filter(pl.col("gaps") == 1)["gap_ms"].to_numpy()
    assert abs(last["gap_variation_24h"] - ms.std() / ms.mean()) < 1e-9
    assert abs(last["accounts_24h"] - 40) <= 2
    assert last["young_share_24h"] == 0
    lone = Clusters(KEY)
    assert lone.take(rows.filter(pl.col("account") == "acct-1")).height == 0
    assert lone.pooled == 0


def test_a_value_of_half_of_all_accounts_is_common_and_counted() -> None:
    """What half of 1,000 accounts share says nothing: no value is told, and that is counted."""
    account, stream, gaps = day_of(500, 4, seed=1)
    clusters = Clusters(KEY)
    clusters.take(marker(1_000))
    found = clusters.take(records(account, stream, age_s=DAY_S, **gaps))
    last = found[-1]
    assert last["common"].item()
    assert last["accounts"].item() > 400
    assert all(last[name].item() is None for name in EVALUATION.names()[11:])
    assert clusters.counts.common == found["common"].sum() > 0


def test_a_value_that_many_old_accounts_share_is_common() -> None:
    """A network that 300 accounts older than 90 days use is nobody's mark, whoever else uses it."""
    account, stream, gaps = day_of(400, 4, seed=2)
    age = np.where(account < 300, YEAR_S, DAY_S)
    clusters = Clusters(KEY)
    clusters.take(marker(1_000_000))
    last = clusters.take(records(account, stream, age_s=age, **gaps))[-1]
    assert COMMON_OLD < 300
    assert last["common"].item()


def suspicious(row: dict[str, Any]) -> bool:
    """The conditions that the rules proposed in docs/adr/0012 have in common."""
    return bool(not row["common"] and row["accounts_24h"] >= 20 and row["young_share_24h"] >= 0.8
                and row["top_share_24h"] <= 0.5 and row["gap_variation_24h"] <= 0.8)  # fmt: skip


def test_fifty_abusers_behind_the_address_of_five_hundred_do_not_mark_it() -> None:
    """The address says nothing of the honest: they are older and unlike each other; the abusers' template says all."""
    rng = np.random.default_rng(11)
    abuser, at, gaps = day_of(50, 26, seed=4)
    honest = np.repeat(np.arange(500), rng.integers(1, 60, 500)) + 1_000
    honest_at = rng.integers(0, 144, len(honest)) * 60
    honest_gaps = cadence(rng.lognormal(6, 2, len(honest)).astype(np.int64))
    age = rng.choice([DAY_S, 30 * DAY_S, 60 * DAY_S], len(honest), p=[0.1, 0.5, 0.4])
    common = {"kind": "address_block", "tie": 9}
    bad = records(abuser, at, age_s=DAY_S, template=np.full(len(abuser), 77, np.uint64), **gaps, **common)
    good = records(honest, honest_at, age_s=age, template=honest.astype(np.uint64), **honest_gaps, **common)
    theirs = bad.with_columns(kind=pl.lit("template_fingerprint").cast(LET_ON["kind"]), tie=pl.lit(77, pl.UInt64))
    clusters = Clusters(KEY)
    clusters.take(marker(10_000))
    together = ordered(pl.concat([bad, good, theirs]))
    found = clusters.take(together).filter(pl.col("stream") >= BEGIN + DAY_S // 20)
    address, template = (found.filter(pl.col("tie") == tie).to_dicts() for tie in (9, 77))
    assert not any(suspicious(row) for row in address)
    assert suspicious(template[-1])
    assert abs(template[-1]["accounts_24h"] - 50) <= 3


def test_one_giant_with_stragglers_is_told_by_its_share() -> None:
    """A company that asks for nearly all that a cluster does makes the top share near one."""
    account = np.repeat(np.arange(21), [5_000] + [3] * 20)
    rows = records(account, np.arange(len(account)) % 144 * 60, age_s=DAY_S)
    assert Clusters(KEY).take(rows)[-1]["top_share_24h"].item() > 0.95


RANDOM = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 1, 5, 360, 9_000, 61_000]), st.integers(0, 4), st.integers(1, 5)), max_size=40
)


@settings(max_examples=examples(60), deadline=None)
@given(steps=RANDOM, cuts=st.sets(st.integers(0, 40), max_size=4), most=st.sampled_from([(2, 1), (4, 2), (99, 99)]))
def test_no_cut_between_minutes_changes_an_evaluation(
    steps: list[tuple[int, int, int]], cuts: set[int], most: tuple[int, int]
) -> None:
    """However the let on rows are cut between minutes, evaluations, counts and what is shed are the same."""
    stream = np.cumsum([step for step, _, _ in steps], dtype=np.int64) if steps else np.zeros(0, np.int64)
    rows = records(np.array([a for _, a, _ in steps], np.int64), stream,
                   tie=np.array([t for _, _, t in steps], np.int64), age_s=DAY_S)  # fmt: skip
    whole, cut = Clusters(KEY, *most), Clusters(KEY, *most)
    expected = whole.take(rows)
    minute = pl.col("stream") // MINUTE_TICKS
    minutes = rows.select(minute.unique(maintain_order=True)).to_series().to_list()
    parts = [part for part in np.split(minutes, sorted(c for c in cuts if c < len(minutes))) if len(part)]
    found = [cut.take(rows.filter(minute.is_in(part.tolist()))) for part in parts]
    assert expected.equals(pl.concat([pl.DataFrame(schema=EVALUATION), *found]))
    assert (whole.counts, whole.book.slots.keys()) == (cut.counts, cut.book.slots.keys())
    assert len(whole.book.slots) <= most[0]
    assert whole.pooled <= most[1]
