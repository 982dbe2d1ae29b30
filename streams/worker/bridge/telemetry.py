"""Every metric of the bridge, once; labels are the sources' names and the closed set of reasons."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from streams.codec import Reason
from streams.worker.bridge.crossing import Crossed

_PREFIX = "tipstaff_bridge_"


class BridgeTelemetry:
    """The counters of one bridge; each begins at 0 for every source."""

    def __init__(self, sources: Iterable[str], registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()

        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(_PREFIX + name, told, ["source", *labels], registry=registry)

        self.records = counter("records", "Records taken from the source and settled.")
        self.events = counter("events", "Native events written.")
        self.dead_letters = counter("dead_letters", "Records refused, by reason.", "reason")
        self.skipped = counter("skipped", "Records, or parts of them, that are no events.")
        self.produce_failures = counter("produce_failures", "Stored batches that could not be written, tries counted.")
        self.failures = counter("failures", "Times the source stopped moving.")
        self.lost = counter("lost_records", "Offsets that retention removed before they were read.")
        self.up = Gauge(_PREFIX + "up", "1 while the source moves.", ["source"], registry=registry)
        self.lag = Gauge(_PREFIX + "lag_records", "Offsets not yet read.", ["source"], registry=registry)
        for source in sources:
            self._begin(source)

    def _begin(self, source: str) -> None:
        for one in (self.records, self.events, self.skipped, self.produce_failures, self.failures, self.lost,
                    self.up, self.lag):  # fmt: skip
            one.labels(source)
        for reason in Reason:
            self.dead_letters.labels(source, str(reason))

    def settled(self, source: str, crossed: Iterable[Crossed]) -> None:
        """Count what one poll came to, once all of it is written."""
        for one in crossed:
            self.records.labels(source).inc(one.records)
            self.events.labels(source).inc(len(one.values))
            self.skipped.labels(source).inc(one.skipped)
            for reason, count in one.reasons.items():
                self.dead_letters.labels(source, reason).inc(count)
