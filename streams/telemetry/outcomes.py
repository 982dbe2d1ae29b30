"""Events by type and outcome: on time, late, or denied by us."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from prometheus_client import CollectorRegistry, Counter

from features.event import EVENT_TYPES

ON_TIME, LATE, DENIED = "on_time", "late", "denied_by_us"
OUTCOMES = (ON_TIME, LATE, DENIED)
"""late: accepted all the same; denied_by_us: feeds no feature, late or not."""

LATE_MS = 600_000
"""How far (ms) an event's time is behind its stamp at most that counts as on time."""


class EventCounts:
    """Events taken in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        about = "Events taken in; late: more than 10 min behind their stamp; denied_by_us: they feed no feature."
        self.events = Counter("tipstaff_events", about, ["type", "outcome"], registry=registry)
        for event_type in EVENT_TYPES:
            for outcome in OUTCOMES:
                self.events.labels(event_type, outcome)

    def add(self, events: pl.DataFrame) -> None:
        """Count a chunk's events (type, time, stamp; denied_by_us where it has it)."""
        for event_type, outcome, count in counted(events):
            self.events.labels(event_type, outcome).inc(count)


def counted(events: pl.DataFrame) -> Iterable[tuple[str, str, int]]:
    """How many events there are of each type and outcome, in one grouping."""
    outcome = (events["stamp"].to_numpy() - events["time"].to_numpy() > LATE_MS).astype(np.uint8)
    denied = events.get_column("denied_by_us", default=None)
    if denied is not None and denied.null_count() < events.height:
        outcome[denied.fill_null(False).to_numpy()] = OUTCOMES.index(DENIED)
    if not outcome.any():  # nearly always; and grouping by one column costs half
        return [(event_type, ON_TIME, count) for event_type, count in events["type"].value_counts().iter_rows()]
    found = pl.DataFrame({"type": events["type"], "outcome": outcome}).group_by("type", "outcome").len()
    return [(event_type, OUTCOMES[code], count) for event_type, code, count in found.iter_rows()]
