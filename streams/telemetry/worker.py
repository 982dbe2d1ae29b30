"""What processes on Kafka count besides."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from detectors.anomaly.model import Declared
from detectors.rules import Rule
from features.cluster_catalog import CLUSTER
from features.state import State
from streams.dead_letters import Buried
from streams.telemetry.drift import Seen
from streams.telemetry.pipeline import Telemetry


class WorkerTelemetry(Telemetry):
    """What a worker counts besides: several partitions, a broker, snapshots."""

    def __init__(self, rules: Iterable[Rule], registry: CollectorRegistry | None = None, live: bool = False,
                 wall: Callable[[], float] = time.time) -> None:  # fmt: skip
        super().__init__(rules, registry, live, wall)

        def counter(name: str, told: str) -> Counter:
            return Counter(f"tipstaff_{name}", told, registry=self.registry)

        def gauge(name: str, told: str) -> Gauge:
            return Gauge(f"tipstaff_{name}", told, registry=self.registry)

        self.partitions = gauge("partitions", "Partitions this worker has.")
        self.lag = gauge("lag_records", "Records not yet taken in, of all its partitions.")
        self.lag_seconds = gauge("lag_seconds", "How long ago the newest record was stamped that was taken in of the "
                                 "slowest partition with unread records, in seconds; 0 when all is read.")  # fmt: skip
        self.wrong_keys = counter("wrong_keys", "Sampled records that are not keyed by their account.")
        self.lost = counter("lost_records", "Records that the topic let go before they were read.")
        self.stale_chunks = counter("stale_chunks", "Chunks read before a seek or a rebalance, dropped.")
        self.seeks = counter("guard_seeks", "Chunks that left records out, sought again.")
        self.heartbeats = counter("heartbeats", "Heartbeats written.")
        self.packs_taken_up = counter("packs_taken_up", "Packs taken up in the log.")
        self.packs_refused = counter("packs_refused", "Ordered packs that were refused.")

    def state(self, state: State) -> None:
        """One partition's state alone shows nothing: see `states`."""

    def drift(self, seen: Seen) -> None:
        """One partition's rows alone show nothing: see `drifts`."""

    def drifts(self, seen: Sequence[Seen]) -> None:
        """Show how far what models see has drifted, of all partitions together."""
        self._drift.show(seen)

    def states(self, states: Sequence[State]) -> None:
        """Show what is kept of all partitions; stream time is the slowest one's."""
        self._kept.show(states)


class ClusterTelemetry(WorkerTelemetry):
    """What a process of the second stage counts besides."""

    def __init__(self, rules: Iterable[Rule], registry: CollectorRegistry | None = None, live: bool = False,
                 wall: Callable[[], float] = time.time) -> None:  # fmt: skip
        super().__init__((), registry, live, wall)
        self.know(rules)
        self.strange_sources = Counter("tipstaff_ties_strange", "Records of ties of a partition that does not exist.",
                                       registry=self.registry)  # fmt: skip

    def know(self, rules: Iterable[Rule], models: Iterable[Declared] = ()) -> None:
        """Begin the counters of rules about clusters at 0; no model looks at one."""
        del models
        super().know(rule for rule in rules if rule.entity == CLUSTER)

    def taken(self, records: int, dead: Sequence[Buried]) -> None:
        """Count what one chunk brought besides alerts."""
        self.chunk_events.observe(records)
        self.refused(dead)
