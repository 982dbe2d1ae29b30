"""The streams that are timed: dense, long tail, sparse; as NDJSON files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

START_MS = 1_772_409_600_000
TAIL_ACCOUNTS = 200_000
DENSE_RATE, TAIL_RATE = 2_000, 28_000
"""Events in a second of the stream's own time."""

Ints = npt.NDArray[np.int64]


def dense(path: Path, events: int = 1_000_000) -> int:
    """1,000 accounts, 20 events of each in a tick."""
    rng = np.random.default_rng(1)
    return _write(path, rng.integers(0, 1_000, events), START_MS + np.arange(events) // 2)


def long_tail(path: Path, events: int = 1_120_000) -> int:
    """200,000 accounts with a key each, 1.4 events of each in a tick."""
    rng = np.random.default_rng(2)
    return _write(path, rng.integers(0, TAIL_ACCOUNTS, events), START_MS + np.arange(events) * 10_000 // 280_000)


def sparse(path: Path, events: int = 10_000) -> int:
    """1,750 accounts over 83 hours, every event alone in its tick."""
    rng = np.random.default_rng(3)
    return _write(path, rng.integers(0, 1_750, events), np.sort(START_MS + rng.integers(0, 83 * 3_600_000, events)))


def days(path: Path, events: int = 200_000, hours: int = 50) -> int:
    """2,000 accounts with a key each, at random moments of so many hours."""
    rng = np.random.default_rng(6)
    return _write(path, rng.integers(0, 2_000, events), np.sort(START_MS + rng.integers(0, hours * 3_600_000, events)))


def long_before(path: Path) -> int:
    """One event eight days before all others: with it a stream is older than every window."""
    return _write(path, np.zeros(1, np.int64), np.array([START_MS - 8 * 86_400_000]))


def one_event_each(path: Path, accounts: int, first: int = 0) -> int:
    """Each account, and its key, once within a minute."""
    who = np.arange(first, first + accounts)
    return _write(path, who, START_MS + np.arange(accounts) * 60_000 // accounts)


def _write(path: Path, account: Ints, time: Ints) -> int:
    count, rng = len(account), np.random.default_rng(4)
    number = pl.Series(account)
    frame = pl.DataFrame({"n": number, "i": np.arange(count), "t": time}).select(
        id=pl.format("evt-{}", pl.col("i").cast(pl.String).str.zfill(12)),
        time=pl.col("t").cast(pl.Datetime("ms")).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
        type=pl.lit("inference"),
        account_id=pl.format("acct-{}", pl.col("n").cast(pl.String).str.zfill(7)),
        api_key_id=pl.format("key-{}", pl.col("n").cast(pl.String).str.zfill(9)),
        plan=pl.when(pl.col("n") % 3 == 0).then(pl.lit("pro")).otherwise(pl.lit("trial")),
        product=pl.lit("chat"), model=pl.lit("large-70b-instruct"), operation=pl.lit("chat"), status=pl.lit(200),
        input_tokens=pl.Series(rng.integers(0, 5_000, count)), output_tokens=pl.Series(rng.integers(0, 900, count)),
        duration_ms=pl.Series(rng.integers(100, 9_000, count)), cost_usd=pl.lit(0.0123),
        template_fingerprint=pl.format("t{}", pl.col("i") % 97), source_ip=pl.lit("203.0.113.77"),
        user_agent=pl.lit("client/2.31 (linux; x86_64)"),
    )  # fmt: skip
    frame.write_ndjson(path)
    return count
