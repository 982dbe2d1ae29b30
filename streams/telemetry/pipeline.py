"""What every process that takes in chunks counts."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from detectors.alert import Alert
from detectors.anomaly.model import Declared
from detectors.rules import Rule
from features.state import State
from streams.clustering import ClusterState
from streams.dead_letters import Buried, Reason
from streams.telemetry.clusters import ClusterGauges
from streams.telemetry.delays import Delays
from streams.telemetry.drift import DriftTelemetry, Seen
from streams.telemetry.kept import KeptGauges
from streams.telemetry.outcomes import EventCounts
from streams.telemetry.steps import StepTimes


class Telemetry:
    """The metrics of one process. No account, key or address is ever a label.

    live: whether its input is; wall: seconds since 1970, the one clock that any of them reads.
    """

    def __init__(self, rules: Iterable[Rule], registry: CollectorRegistry | None = None, live: bool = False,
                 wall: Callable[[], float] = time.time) -> None:  # fmt: skip
        self.registry = registry = registry or CollectorRegistry()
        self.wall = wall
        self._events, self._kept = EventCounts(registry), KeptGauges(registry)
        self.steps, self.delays = StepTimes(registry, wall), Delays(registry, live, wall)
        self._drift, self._clusters = DriftTelemetry(registry), ClusterGauges(registry)

        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(f"tipstaff_{name}", told, labels, registry=registry)

        self.dead_letters = counter("dead_letters", "Records refused, by reason.", "reason")
        self.skipped = counter("skipped", "Parts of foreign records that are no events.")
        self.unknown_keys = counter("unknown_keys", "Unknown keys seen in sampled events.")
        self.alerts = counter("alerts", "Alert revisions raised, by rule.", "rule", "clause", "severity")
        self.evaluations = counter("evaluations", "Entities evaluated.")
        self.chunk_events = Histogram("tipstaff_chunk_events", "Events in a chunk.", registry=registry,
                                      buckets=(1, 10, 100, 1_000, 10_000, 100_000))  # fmt: skip
        self.too_many_bad = Gauge("tipstaff_too_many_bad", "1 while the share of bad records is over its limit.",
                                  registry=registry)  # fmt: skip
        for reason in Reason:
            self.dead_letters.labels(str(reason))
        self.know(rules)

    def know(self, rules: Iterable[Rule], models: Iterable[Declared] = ()) -> None:
        """Begin the counters of detectors at 0: of the first pack's, and of those taken up later."""
        rules = list(rules)
        for rule in rules:
            self.alerts.labels(rule.id, rule.clause, rule.severity)
        for model in models:
            self.alerts.labels(model.id, model.clause, model.severity)
        self.delays.know(rules)

    def settled(self, events: pl.DataFrame, dead: Sequence[Buried], alerts: Sequence[Alert], evaluations: int,
                unknown_keys: Mapping[str, int], skipped: int) -> None:  # fmt: skip
        """Count what one chunk brought; alerts: those that have just become durable."""
        self._events.add(events)
        self.refused(dead)
        self.raised(alerts)
        self.evaluations.inc(evaluations)
        self.chunk_events.observe(events.height)
        self.unknown_keys.inc(sum(unknown_keys.values()))
        self.skipped.inc(skipped)

    def refused(self, dead: Sequence[Buried]) -> None:
        """Count dead letters."""
        for reason, number in Tally(letter.reason for letter in dead).items():
            self.dead_letters.labels(reason).inc(number)

    def raised(self, alerts: Sequence[Alert]) -> None:
        """Count alerts that have just become durable."""
        for alert in alerts:
            self.alerts.labels(alert.detector, alert.clause, alert.severity).inc()
        self.delays.raised(alerts)

    def state(self, state: State) -> None:
        """Show what is kept."""
        self._kept.show([state])

    def clusters(self, states: Sequence[ClusterState]) -> None:
        """Show what the second stage keeps, of all its partitions here."""
        self._clusters.show(states)

    def drift(self, seen: Seen) -> None:
        """Show how far what models see has drifted, once a whole hour of stream time."""
        self._drift.show([seen])

    def bad_input(self, too_many: bool) -> None:
        """Show whether too large a share of the input is bad."""
        self.too_many_bad.set(int(too_many))
