"""Accounts that rules of the shipped pack find, so that there are alerts to raise and to wait for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import streams_made
from on_kafka.background import rfc3339

WINDOWED_RULE, EVENT_RULE = "sharing-many-networks", "mining-stratum-command"
"""The first fires on a key that was used from more than three countries within an hour; the other on one event."""

_COUNTRIES = ("DE", "BR", "JP", "KE", "US")


def shared_keys(accounts: Sequence[str], times: streams_made.Ints) -> pl.DataFrame:
    """Of each account one key, used from five countries in the same millisecond: five requests at each time (ms)."""
    each = len(_COUNTRIES)
    who = np.repeat(np.arange(len(accounts)), each)
    return pl.DataFrame({"n": who, "i": np.arange(len(who))}).select(
        id=pl.format("shared-{}-{}", pl.Series(accounts).gather(who), "i"),
        time=rfc3339(np.repeat(times, each)),
        type=pl.lit("inference"), account_id=pl.Series(accounts).gather(who), api_key_id=pl.lit("key-1"),
        plan=pl.lit("trial"), country=pl.Series(_COUNTRIES * len(accounts)), operation=pl.lit("chat"),
        status=pl.lit(200), input_tokens=pl.lit(100), output_tokens=pl.lit(50),
    )  # fmt: skip


def seen_again(accounts: Sequence[str], time: int) -> pl.DataFrame:
    """One more request of each account, which raises nothing by itself."""
    return pl.DataFrame({"account_id": pl.Series(accounts, dtype=pl.String)}).select(
        id=pl.format("again-{}-{}", "account_id", pl.lit(time)),
        time=pl.lit(rfc3339(np.array([time]))[0]), type=pl.lit("inference"), account_id="account_id",
        api_key_id=pl.lit("key-1"), plan=pl.lit("trial"), operation=pl.lit("chat"), status=pl.lit(200),
    )  # fmt: skip


def miners(accounts: Sequence[str], time: int) -> pl.DataFrame:
    """Of each account a process that speaks a miner's protocol."""
    return pl.DataFrame({"account_id": pl.Series(accounts, dtype=pl.String)}).select(
        id=pl.format("miner-{}", "account_id"), time=pl.lit(rfc3339(np.array([time]))[0]), type=pl.lit("process"),
        account_id="account_id", workload_id=pl.lit("pod-1"), process=pl.lit("kworkerds"),
        command_line=pl.lit("./kworkerds -o stratum+tcp://198.51.100.7:443 -u wallet -p x"),
    )  # fmt: skip


def as_lines(frame: pl.DataFrame) -> pl.DataFrame:
    """account_id and raw, as events are sent."""
    raw = pl.Series(frame.write_ndjson().encode().splitlines(), dtype=pl.Binary)
    return frame.select("account_id", raw=raw)


def dense_with_offenders(folder: Path, events: int) -> tuple[list[Path], int]:
    """Files of the dense stream and of one shared key in every 10,000 events; and how many events they hold."""
    dense, shared = folder / "dense.ndjson", folder / "shared.ndjson"
    count = streams_made.dense(dense, events)
    number = np.arange(events // 10_000)
    frame = shared_keys([f"shared-{one}" for one in number], streams_made.START_MS + number * 5_000 + 2_500)
    frame.write_ndjson(shared)
    return [dense, shared], count + frame.height
