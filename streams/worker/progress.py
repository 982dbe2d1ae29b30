"""Progress records: how far a partition is, for those who act upon its alerts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from features.state import State
from features.ticks import DAY_MS
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


def active_accounts(state: State) -> dict[str, int]:
    """Accounts with an event in the last day of stream time, by plan; those of no plan under an empty name."""
    book = state.books.get("account")
    if book is None or not len(book.slots):
        return {}
    slots = np.fromiter(book.slots.values(), np.int64, len(book.slots))
    active = slots[book.newest[slots] >= (state.stream_time or 0) - DAY_MS]
    codes, counts = np.unique(book.plan[active], return_counts=True)
    found: Counter[str] = Counter()
    for plan, count in zip(state.plan_names(codes), counts.tolist(), strict=True):
        found[plan or ""] += count
    return dict(found)
