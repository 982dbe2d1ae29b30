"""Lag is known where every partition of the events' topic has told, but for one that is new."""

from __future__ import annotations

from typing import Any

import pytest
from playing import BEGIN_MS, Play

from streams.enforcement.ledger import schema
from streams.enforcement.ledger.partitions import GRACE_MS, LONG_AGO_MS, PROGRESS_OLD_MS, know_partitions, lag_ms

NOW = BEGIN_MS


def told(behind_ms: int = 0, at_ms: int = NOW, lag_records: int | None = 1) -> dict[str, Any]:
    return {"at_ms": at_ms, "stream_time_ms": NOW - behind_ms, "lag_records": lag_records, "pack": "pack"}


def untold(since_ms: int) -> dict[str, Any]:
    return {"at_ms": since_ms, "stream_time_ms": None, "lag_records": None, "pack": None}


@pytest.mark.parametrize(("rows", "late"), [
    ([], None),
    ([told(7_000), told(9_000)], 9_000),
    ([told(7_000, lag_records=0)], 0),
    ([told(at_ms=NOW - PROGRESS_OLD_MS - 1, lag_records=0)], PROGRESS_OLD_MS + 1),
    ([told(7_000), told(lag_records=None)], None),
    ([told(7_000), untold(NOW - GRACE_MS)], 7_000),
    ([told(7_000), untold(NOW - GRACE_MS - 1)], None),
    ([told(7_000), untold(LONG_AGO_MS)], None),
    ([untold(NOW)], None),
])  # fmt: skip
def test_the_slowest_counts(rows: list[dict[str, Any]], late: int | None) -> None:
    """The slowest partition's lateness; unknown where none has told, or one that is not new never has."""
    assert lag_ms(rows, NOW) == late


def test_those_there_are_are_expected_to_tell(play: Play) -> None:
    """What a partition told is kept; others are noted once; one that is gone, or of another topic, counts no more."""
    with play.ledger.writing(NOW) as tx:
        for topic, partition in (("usage.events", 0), ("usage.events", 5), ("older.events", 0)):
            tx.put(schema.progress, {"topic": topic, "partition": partition, "at_ms": 7, "pack": "pack"})
    for since_ms in (NOW, NOW + 1):
        know_partitions(play.ledger, "usage.events", {0, 1}, since_ms, NOW)
    found = {(row["topic"], row["partition"]): row["at_ms"] for row in play.rows(schema.progress)}
    assert found == {("usage.events", 0): 7, ("usage.events", 1): NOW}
