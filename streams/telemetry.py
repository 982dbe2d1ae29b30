"""Every metric, once; each bounded label set begins at 0."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import polars as pl
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from detectors.alert import Alert
from detectors.rules import Rule
from features.cluster_catalog import CLUSTER
from features.event import ENTITY_COLUMNS, EVENT_TYPES
from features.state import State
from streams.cluster_telemetry import ClusterGauges
from streams.clustering import ClusterState
from streams.codec import Reason
from streams.dead_letters import Buried
from streams.drift_telemetry import DriftTelemetry, Seen


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
        self._drift = DriftTelemetry(registry)
        self._clusters = ClusterGauges(registry)
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
        self._refused(dead)
        self._raised(alerts)
        self.evaluations.inc(evaluations)
        self.chunk_events.observe(events.height)
        self.unknown_keys.inc(sum(unknown_keys.values()))
        self.skipped.inc(skipped)

    def _refused(self, dead: Sequence[Buried]) -> None:
        for reason, number in Tally(letter.reason for letter in dead).items():
            self.dead_letters.labels(reason).inc(number)

    def _raised(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self.alerts.labels(alert.detector, alert.clause, alert.severity).inc()

    def state(self, state: State) -> None:
        """Show what is kept."""
        self.stream_time.set((state.stream_time or 0) / 1000)
        for kind, book in state.books.items():
            self.entities.labels(kind).set(len(book.slots))
        self.state_bytes.set(_bytes_of(state))
        self.unmapped_verdicts.set(state.unmapped)
        self.late_panes.set(state.late)
        self.shed_entities.set(state.shed)
        self.shed_turns.set(state.shed_open)

    def clusters(self, states: Sequence[ClusterState]) -> None:
        """Show what the second stage keeps, of all its partitions here."""
        self._clusters.show(states)

    def drift(self, seen: Seen) -> None:
        """Show how far what models see has drifted, once a whole hour of stream time."""
        self._drift.show([seen])

    def bad_input(self, too_many: bool) -> None:
        """Show whether too large a share of the input is bad."""
        self.too_many_bad.set(int(too_many))


class WorkerTelemetry(Telemetry):
    """What a worker counts besides: several partitions, a broker, snapshots."""

    def __init__(self, rules: Iterable[Rule], registry: CollectorRegistry | None = None) -> None:
        super().__init__(rules, registry)
        registry = self.registry
        self.partitions = Gauge("tipstaff_partitions", "Partitions this worker has.", registry=registry)
        self.lag = Gauge("tipstaff_lag_records", "Records not yet taken in, of all its partitions.", registry=registry)
        self.wrong_keys = Counter(
            "tipstaff_wrong_keys", "Sampled records that are not keyed by their account.", registry=registry
        )
        self.lost = Counter("tipstaff_lost_records", "Records that the topic let go before they were read.",
                            registry=registry)  # fmt: skip
        self.stale_chunks = Counter(
            "tipstaff_stale_chunks", "Chunks read before a seek or a rebalance, dropped.", registry=registry
        )
        self.seeks = Counter("tipstaff_guard_seeks", "Chunks that left records out, sought again.", registry=registry)
        self.heartbeats = Counter("tipstaff_heartbeats", "Heartbeats written.", registry=registry)
        self.packs_taken_up = Counter("tipstaff_packs_taken_up", "Packs taken up in the log.", registry=registry)
        self.packs_refused = Counter("tipstaff_packs_refused", "Ordered packs that were refused.", registry=registry)
        self.snapshot_seconds = Histogram(
            "tipstaff_snapshot_seconds", "Time to make and keep a snapshot, in seconds.", registry=registry
        )
        self.snapshot_bytes = Gauge(
            "tipstaff_snapshot_bytes", "Size of the last snapshot of a partition.", ["partition"], registry=registry
        )
        self.snapshot_time = Gauge(
            "tipstaff_snapshot_time_seconds", "When a partition was last kept, in seconds since 1970.", ["partition"],
            registry=registry,
        )  # fmt: skip

    def state(self, state: State) -> None:
        """One partition's state alone shows nothing: see `states`."""

    def drift(self, seen: Seen) -> None:
        """One partition's rows alone show nothing: see `drifts`."""

    def drifts(self, seen: Sequence[Seen]) -> None:
        """Show how far what models see has drifted, of all partitions together."""
        self._drift.show(seen)

    def states(self, states: Sequence[State]) -> None:
        """Show what is kept of all partitions; stream time is the slowest one's."""
        times = [state.stream_time for state in states if state.stream_time is not None]
        self.stream_time.set(min(times, default=0) / 1000)
        for kind in ENTITY_COLUMNS:
            self.entities.labels(kind).set(sum(len(one.books[kind].slots) for one in states if kind in one.books))
        self.state_bytes.set(sum(_bytes_of(state) for state in states))
        self.unmapped_verdicts.set(sum(state.unmapped for state in states))
        self.late_panes.set(sum(state.late for state in states))
        self.shed_entities.set(sum(state.shed for state in states))
        self.shed_turns.set(sum(state.shed_open for state in states))

    def snapshot_kept(self, partition: int, size: int, now_s: float) -> None:
        """Note a snapshot of so many bytes."""
        self.snapshot_bytes.labels(str(partition)).set(size)
        self.snapshot_time.labels(str(partition)).set(now_s)

    def given_up(self, partition: int) -> None:
        """A partition is somebody else's now."""
        for gauge in (self.snapshot_bytes, self.snapshot_time):
            with suppress(KeyError):
                gauge.remove(str(partition))


class ClusterTelemetry(WorkerTelemetry):
    """What a process of the second stage counts besides."""

    def __init__(self, rules: Iterable[Rule], registry: CollectorRegistry | None = None) -> None:
        super().__init__([rule for rule in rules if rule.entity == CLUSTER], registry)
        self.strange_sources = Counter("tipstaff_ties_strange", "Records of ties of a partition that does not exist.",
                                       registry=self.registry)  # fmt: skip

    def taken(self, records: int, dead: Sequence[Buried], alerts: Sequence[Alert]) -> None:
        """Count what one chunk brought."""
        self.chunk_events.observe(records)
        self._refused(dead)
        self._raised(alerts)


def _bytes_of(state: State) -> int:
    books = sum(book.nbytes for book in state.books.values())
    return books + sum(past.nbytes for past in state.baselines.values())
