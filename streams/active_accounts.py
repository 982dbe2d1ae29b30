"""How many accounts are active: what a share of them is judged against."""

from __future__ import annotations

from collections import Counter

import numpy as np

from features.state import State
from features.ticks import DAY_MS


def active_accounts(state: State) -> dict[str, int]:
    """Accounts used in the last day of stream time, by plan; those of no plan under an empty name."""
    book = state.books.get("account")
    if book is None or not len(book.slots):
        return {}
    slots = np.fromiter(book.slots.values(), np.int64, len(book.slots))
    active = slots[book.used[slots] >= (state.stream_time or 0) - DAY_MS]
    codes, counts = np.unique(book.plan[active], return_counts=True)
    found: Counter[str] = Counter()
    for plan, count in zip(state.plan_names(codes), counts.tolist(), strict=True):
        found[plan or ""] += count
    return dict(found)
