"""How late alerts are, and whether the process gets on: by the wall clock, which only metrics read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Gauge, Histogram

from detectors.alert import Alert
from detectors.rules import Rule
from features.cluster_catalog import CLUSTER

EVENT, TICK = "event", "tick"
_BUCKETS = (0.25, 0.5, 1, 2, 5, 10, 15, 22, 30, 60, 120, 300, 900, 3600)


class Delays:
    """Metrics of one process. live: whether its input is; wall: seconds since 1970."""

    def __init__(self, registry: CollectorRegistry, live: bool, wall: Callable[[], float]) -> None:
        self._is_live, self._wall = live, wall
        self._on_event: set[str] = set()
        self._progressed = wall()
        self.live = Gauge("tipstaff_live", "1 where the input is live, 0 over history and the simulator.",
                          registry=registry)  # fmt: skip
        self.live.set(int(live))
        self.progress = Gauge("tipstaff_progress_time_seconds", "When a chunk was last settled or nothing was to be "
                              "read, in seconds since 1970.", registry=registry)  # fmt: skip
        self.alerts = Histogram(
            "tipstaff_alert_delay_seconds", "From the newest event that an alert rests on to when the alert is "
            "durable, in seconds; of live input alone.", ["on"], buckets=_BUCKETS, registry=registry,
        )  # fmt: skip
        for on in (EVENT, TICK, CLUSTER):
            self.alerts.labels(on)

    def know(self, rules: Iterable[Rule]) -> None:
        """Learn which rules look at single events."""
        self._on_event |= {rule.id for rule in rules if rule.on == EVENT}

    def raised(self, alerts: Iterable[Alert]) -> None:
        """Alerts have just become durable: how long their newest evidence (`Alert.time`) is ago."""
        if self._is_live:
            now = self._wall()
            for alert in alerts:
                self.alerts.labels(self._on(alert)).observe(max(now - alert.time / 1000, 0.0))

    def _on(self, alert: Alert) -> str:
        if alert.kind == CLUSTER:
            return CLUSTER
        return EVENT if alert.detector in self._on_event else TICK

    def progressed(self) -> None:
        """A chunk was settled, or there was nothing to read."""
        self._progressed = self._wall()
        self.progress.set(self._progressed)

    @property
    def still_s(self) -> float:
        """How long ago that was, or the beginning, in seconds."""
        return max(self._wall() - self._progressed, 0.0)
