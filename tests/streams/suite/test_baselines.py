"""What ours is set beside: how each baseline ranks."""

from __future__ import annotations

import polars as pl

from features.ticks import DAY_MS, HOUR_MS
from streams.suite.baselines import by_forest, by_volume, of_alerts
from streams.suite.running import SIGNALLED
from streams.suite.used import KINDS

BEGIN = 48 * HOUR_MS


def hours(*rows: tuple[str, int, int, float]) -> pl.DataFrame:
    """account_id, hour since BEGIN, requests, GPU-hours."""
    none = dict.fromkeys((f"n_{kind}" for kind in KINDS), 0)
    return pl.DataFrame([
        {"account_id": who, "hour": 48 + hour, **none, "n_inference": count, "gpu_hours": used}
        for who, hour, count, used in rows
    ])  # fmt: skip


def test_alerts_rank_by_severity_then_by_own_evidence() -> None:
    """Two low ones with two kinds of evidence stand above one with one and a link, and below a medium one."""
    rows = [("a", "low", ["output"], 5), ("a", "low", ["network", "link"], 3), ("b", "low", ["output", "link"], 1),
            ("c", "medium", ["link"], 9), ("a", "high", ["output"], DAY_MS)]  # fmt: skip
    frame = pl.DataFrame(
        [(str(n), who, "spam", "r", severity, "account", who, BEGIN + at, BEGIN + at, signals, "rule")
         for n, (who, severity, signals, at) in enumerate(rows)], schema=SIGNALLED, orient="row",
    )  # fmt: skip
    found = of_alerts(frame, BEGIN)
    first = found.filter(day=0).sort("score", descending=True)
    assert first["account_id"].to_list() == ["c", "a", "b"]
    assert first["time"].to_list() == [BEGIN + 9, BEGIN + 3, BEGIN + 1]
    assert found.filter(day=1)["account_id"].to_list() == ["a"]


def test_volume_is_added_up_by_the_day_and_known_at_its_end() -> None:
    """Hours of one day together; who used nothing stands nowhere."""
    found = by_volume(
        hours(("a", 0, 3, 0.0), ("a", 5, 4, 0.0), ("b", 1, 0, 1.0), ("a", 25, 1, 0.0)), "n_inference", BEGIN
    )
    assert found.drop("last").rows() == [("a", 0, 7.0, BEGIN + DAY_MS), ("a", 1, 1.0, BEGIN + 2 * DAY_MS)]
    assert found["last"].equals(found["time"])


def test_the_forest_puts_the_odd_hour_first() -> None:
    """Of 60 accounts that ask about alike, the one that asked 5,000 times in its third hour; known as that ends."""
    usual = [(f"h{n}", hour, 5 + n % 4, 0.0) for n in range(60) for hour in range(3)]
    found = by_forest(hours(*usual, ("odd", 1, 6, 0.0), ("odd", 2, 5_000, 0.0)), BEGIN, 1)
    top = found.sort("score", descending=True).row(0, named=True)
    assert (top["account_id"], top["time"]) == ("odd", BEGIN + 3 * HOUR_MS)
    assert by_forest(hours(("a", 0, 1, 0.0)), BEGIN, 1).is_empty()
