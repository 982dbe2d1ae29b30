"""What campaigns used until somebody knew."""

from __future__ import annotations

import polars as pl

from streams.suite.cases import NAMED
from streams.suite.used import parted, within

MINUTE = 60_000
EVENTS = {
    "account_id": pl.String, "type": pl.String, "time": pl.Int64, "workload_id": pl.String, "api_key_id": pl.String,
    "end_user_id": pl.String, "gpu_ms": pl.Float64, "gpus": pl.Int64, "interval_s": pl.Float64,
    "input_tokens": pl.Int64, "output_tokens": pl.Int64, "cost_usd": pl.Float64, "recipients": pl.Int64,
}  # fmt: skip


def events(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([{"account_id": "a", "type": "compute", **row} for row in rows], schema=EVENTS)


def labels(**more: object) -> pl.DataFrame:
    row = {"account_id": "a", "clause": "spam", "start": 0, "end": 10 * MINUTE, "line": 0, **more}
    return pl.DataFrame([row], schema=NAMED)


def test_usage_is_parted_at_the_first_alert() -> None:
    """Two GPUs for half an hour before it, one for an hour after it; messages, tokens and dollars likewise."""
    found = within(
        events(
            {"time": 0, "gpus": 2, "interval_s": 1_800.0},
            {"time": 5 * MINUTE, "gpus": 1, "interval_s": 3_600.0},
            {"time": MINUTE, "type": "message", "recipients": 40},
            {"time": 6 * MINUTE, "type": "message"},
            {"time": 2 * MINUTE, "type": "inference", "input_tokens": 10, "output_tokens": 5, "cost_usd": 0.5},
            {"time": 11 * MINUTE, "gpus": 8, "interval_s": 3_600.0},
        ),
        labels(),
    )
    alerted = pl.DataFrame({"line": [0], "time": [3 * MINUTE]})
    assert parted(found, alerted).row(0, named=True) == {
        "line": 0, "gpu_hours_before": 1.0, "messages_before": 40, "tokens_before": 15, "usd_before": 0.5,
        "gpu_hours_after": 1.0, "messages_after": 1, "tokens_after": 0, "usd_after": 0.0,
    }  # fmt: skip


def test_undetected_all_of_it_is_before() -> None:
    """Nobody stopped it, so nothing came after."""
    found = within(events({"time": 0, "gpus": 2, "interval_s": 1_800.0}), labels())
    never = pl.DataFrame({"line": [0], "time": [None]}, schema={"line": pl.Int64, "time": pl.Int64})
    row = parted(found, never).row(0, named=True)
    assert (row["gpu_hours_before"], row["gpu_hours_after"]) == (1.0, 0.0)


def test_only_the_named_workload_is_the_campaigns() -> None:
    """What the account's other pods use is honest, and so is what names no pod."""
    rows: list[dict[str, object]] = [
        {"time": 0, "gpus": 1, "interval_s": 3_600.0, "workload_id": pod} for pod in ("bad", "good", None)
    ]
    assert within(events(*rows), labels(workload_id="bad"))["gpu_hours"].to_list() == [1.0]
