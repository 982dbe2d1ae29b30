"""The dense stream's events at any time and rate: 20 of each account in a tick."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import streams_made

_POOL = 50_000
_EACH_IN_A_TICK, _TICK_S = 20, 10


def rfc3339(times: streams_made.Ints) -> pl.Series:
    """Times in ms as events have them."""
    return pl.Series(times).cast(pl.Datetime("ms")).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")


class Background:
    """rate: events/s. What follows an event's account and key is taken from a pool, again and again."""

    def __init__(self, rate: int) -> None:
        self._rng, self._accounts = np.random.default_rng(5), rate * _TICK_S // _EACH_IN_A_TICK
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pool.ndjson"
            streams_made.dense(path, _POOL)
            lines = pl.Series(path.read_text().splitlines())
        self._rest = lines.str.extract(r'"api_key_id":"key-\d+(".*)$')

    def events(self, first: int, span_ms: int, count: int) -> pl.DataFrame:
        """account_id and raw of so many events spread over a span that begins at `first` (ms)."""
        who = pl.Series(self._rng.integers(0, self._accounts, count)).cast(pl.String)
        ids = pl.Series(first * 1_000_000 + np.arange(count)).cast(pl.String)
        parts = {"id": ids, "time": rfc3339(first + np.arange(count) * span_ms // count), "n": who,
                 "rest": self._rest.gather(self._rng.integers(0, _POOL, count))}  # fmt: skip
        return pl.DataFrame(parts).select(
            account_id=pl.format("acct-{}", "n"),
            raw=pl.concat_str(
                pl.lit('{"id":"'), "id", pl.lit('","time":"'), "time",
                pl.lit('","type":"inference","account_id":"acct-'), "n", pl.lit('","api_key_id":"key-'), "n", "rest",
            ).cast(pl.Binary),
        )  # fmt: skip
