"""From events in several partitions to the features of what their accounts share."""

from __future__ import annotations

from typing import Any

import polars as pl
from random_logs import HASH_KEY, START, catalog

from features.clusters import Clusters
from features.gathering import ARRIVED, Gathering
from features.observe import Observer
from features.tie_state import TieState, count_active
from features.ties import records

SECOND, HOUR = 1_000, 3_600_000
DECLARED: list[dict[str, Any]] = [
    {"name": "requests", "entity": "account", "aggregate": "count", "event": "inference", "windows": ["7d"],
     "signal": "output"},
    {"name": "age", "entity": "account", "aggregate": "first_seen", "signal": "identity"},
]  # fmt: skip


def partition(number: int, accounts: int) -> pl.DataFrame:
    """A day of a partition: each eighth account signs up with the one card; each asks every 55 minutes."""
    rows = [
        {"time": START + a * SECOND // 20 + hour * 55 * 60 * SECOND, "type": "inference" if hour else "signup",
         "account_id": f"p{number}-{a}", "payment_fingerprint": None if hour or a % 8 else "card", "input_tokens": 100}
        for a in range(accounts) for hour in range(27)
    ] + [{"time": START + 26 * HOUR + after, "type": "heartbeat", "account_id": None, "payment_fingerprint": None,
          "input_tokens": None} for after in (0, 60 * SECOND)]  # fmt: skip
    made = pl.DataFrame(rows, infer_schema_length=None).sort("time").with_row_index("offset")
    return made.with_columns(pl.col("offset").cast(pl.Int64), stamp="time", plan=pl.lit(None, pl.String))


def sent(number: int, log: pl.DataFrame) -> pl.DataFrame:
    engine, ties = Observer(catalog(DECLARED), HASH_KEY), TieState()
    state = engine.empty()
    parts = engine.parts(state, log, lambda: count_active(ties, state))
    return pl.concat([records(ties, part, number, HASH_KEY) for part in parts])


def test_accounts_of_two_partitions_are_one_cluster() -> None:
    """A card shown once at sign-up pools the later requests of accounts that never meet in a partition."""
    gathering, clusters = Gathering((0, 1)), Clusters(HASH_KEY)
    sendings = [sent(number, partition(number, accounts)) for number, accounts in ((0, 100), (1, 60))]
    evaluations = [clusters.take(gathering.take(rows.with_row_index("offset").cast(ARRIVED))) for rows in sendings]
    last = evaluations[1][-1].to_dicts()[0]
    assert evaluations[0].height == 0  # the other partition had told nothing yet
    assert last["kind"] == "payment_fingerprint"
    assert (last["tokens_24h"], last["requests_24h"]) == (21 * 2_600, 21 * 26)
    assert abs(last["accounts_24h"] - 21) <= 2
    assert last["young_share_24h"] == 1
    assert last["gap_variation_24h"] < 0.01
    assert not last["common"]
    assert clusters.pooled == 1
