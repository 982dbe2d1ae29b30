"""Progress records: how far a partition is, for those who act upon its alerts."""

from __future__ import annotations

from typing import Any

from streams.active_accounts import active_accounts
from streams.alert_lines import rfc3339
from streams.worker.part import Part


def progress(part: Part, end: int | None) -> dict[str, Any]:
    """Stream time, lag, active accounts by plan, pack; end: the log's, None where not yet known."""
    state = part.saved.state.features
    return {
        "kind": "progress", "topic": part.log.topic, "partition": part.log.partition,
        "next_offset": part.next_offset, "lag_records": None if end is None else max(end - part.next_offset, 0),
        "stream_time": None if state.stream_time is None else rfc3339(state.stream_time),
        "active_accounts": active_accounts(state), "pack": part.pipeline.pack.hash,
    }  # fmt: skip
