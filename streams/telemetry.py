"""Every metric, once; each bounded label set begins at 0."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from detectors.alert import Alert
from detectors.rules import Rule
from features.event import ENTITY_COLUMNS, EVENT_TYPES
from features.state import State
from streams.codec import Reason
from streams.dead_letters import Buried


class Telemetry:
    """The counters of one process. No account, key or address is ever a label."""

    def __init__(self, rules: Iterable[Rule], registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self.events = Counter("tipstaff_events", "Events taken in, by type.", ["type"], registry=registry)
        self.dead_letters = Counter(
            "tipstaff_dead_letters", "Records refused, by reason.", ["reason"], registry=registry
        )
        self.skipped = Counter("tipstaff_skipped", "Parts of foreign records that are no events.", registry=registry)
        self.unknown_keys = Counter("tipstaff_unknown_keys", "Unknown keys seen in sampled events.", registry=registry)
        self.alerts = Counter("tipstaff_alerts", "Alert revisions raised, by rule.",
                              ["rule", "clause", "severity"], registry=registry)  # fmt: skip
        self.evaluations = Counter("tipstaff_evaluations", "Entities evaluated.", registry=registry)
        self.step_seconds = Histogram(
            "tipstaff_step_seconds", "Time of one chunk's step, in seconds.", registry=registry
        )
        self.chunk_events = Histogram("tipstaff_chunk_events", "Events in a chunk.", registry=registry,
                                      buckets=(1, 10, 100, 1_000, 10_000, 100_000))  # fmt: skip
        self.stream_time = Gauge(
            "tipstaff_stream_time_seconds", "Stream time, in seconds since 1970.", registry=registry
        )
        self.entities = Gauge("tipstaff_entities", "Entities kept, by kind.", ["kind"], registry=registry)
        self.state_bytes = Gauge("tipstaff_state_bytes", "Bytes of state arrays in use.", registry=registry)
        self.late_panes = Gauge("tipstaff_late_panes", "Partial sums too late for their window.", registry=registry)
        self.shed_entities = Gauge("tipstaff_shed_entities", "Entities shed at the cap.", registry=registry)
        self.shed_turns = Gauge(
            "tipstaff_shed_turns", "Open turns of shed entities, never evaluated.", registry=registry
        )
        self.unmapped_verdicts = Gauge(
            "tipstaff_unmapped_verdicts", "Flagged verdicts whose label no clause is known for.", registry=registry
        )
        self.too_many_bad = Gauge("tipstaff_too_many_bad", "1 while the share of bad records is over its limit.",
                                  registry=registry)  # fmt: skip
        self._begin(rules)

    def _begin(self, rules: Iterable[Rule]) -> None:
        for event_type in EVENT_TYPES:
            self.events.labels(event_type)
        for reason in Reason:
            self.dead_letters.labels(str(reason))
        for rule in rules:
            self.alerts.labels(rule.id, rule.clause, rule.severity)
        for kind in ENTITY_COLUMNS:
            self.entities.labels(kind)

    def settled(self, events: pl.DataFrame, dead: Sequence[Buried], alerts: Sequence[Alert], evaluations: int,
                unknown_keys: Mapping[str, int], skipped: int) -> None:  # fmt: skip
        """Count what one chunk brought."""
        for event_type, count in events["type"].value_counts().iter_rows():
            self.events.labels(event_type).inc(count)
        for reason, number in Tally(letter.reason for letter in dead).items():
            self.dead_letters.labels(reason).inc(number)
        for alert in alerts:
            self.alerts.labels(alert.detector, alert.clause, alert.severity).inc()
        self.evaluations.inc(evaluations)
        self.chunk_events.observe(events.height)
        self.unknown_keys.inc(sum(unknown_keys.values()))
        self.skipped.inc(skipped)

    def state(self, state: State) -> None:
        """Show what is kept."""
        self.stream_time.set((state.stream_time or 0) / 1000)
        for kind, book in state.books.items():
            self.entities.labels(kind).set(len(book.slots))
        pasts = sum(past.nbytes for past in state.baselines.values())
        self.state_bytes.set(sum(book.nbytes for book in state.books.values()) + pasts)
        self.unmapped_verdicts.set(state.unmapped)
        self.late_panes.set(state.late)
        self.shed_entities.set(state.shed)
        self.shed_turns.set(state.shed_open)

    def bad_input(self, too_many: bool) -> None:
        """Show whether too large a share of the input is bad."""
        self.too_many_bad.set(int(too_many))
