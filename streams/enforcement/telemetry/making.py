"""Metrics made with enforcement's prefix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_PREFIX = "tipstaff_enforce_"


class Making:
    """Makes metrics in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, told: str, *labels: str) -> Counter:
        """What only rises."""
        return Counter(_PREFIX + name, told, labels, registry=self._registry)

    def gauge(self, name: str, told: str, *labels: str) -> Gauge:
        """What is so now."""
        return Gauge(_PREFIX + name, told, labels, registry=self._registry)

    def histogram(self, name: str, told: str, buckets: Sequence[float], *labels: str) -> Histogram:
        """How long things take."""
        return Histogram(_PREFIX + name, told, labels, buckets=buckets, registry=self._registry)


def begin(metric: Counter | Gauge | Histogram, *sets: Iterable[str]) -> None:
    """Begin every combination of labels at 0."""
    for labels in product(*sets):
        metric.labels(*labels)
