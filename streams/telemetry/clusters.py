"""What the second stage keeps, as metrics."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge

from features.ticks import TICK_MS
from streams.clustering import ClusterState

_COUNTED = {
    "late": "partial sums too late for their window", "unknown": "records of ties beyond the cap of ties",
    "unpooled": "clusters beyond the cap of clusters", "common": "evaluations of ties that too many share",
    "shed": "ties shed at a cap",
}  # fmt: skip


class ClusterGauges:
    """Gauges of all partitions of ties in one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.ties = Gauge("tipstaff_ties", "Ties that are known.", registry=registry)
        self.clusters = Gauge("tipstaff_clusters", "Ties of several accounts, which have windows.", registry=registry)
        self.waiting = Gauge("tipstaff_ties_waiting", "Records that wait for the slowest partition of events.",
                             registry=registry)  # fmt: skip
        self.held = Gauge("tipstaff_ties_held", "Partitions of events whose records find no room: the slowest is far "
                          "behind.", registry=registry)  # fmt: skip
        self.behind = Gauge("tipstaff_ties_behind_seconds", "How far the slowest partition of events is behind the "
                            "fastest, in seconds of stream time.", registry=registry)  # fmt: skip
        self.repeated = Gauge("tipstaff_ties_repeated", "Records that had come before, dropped.", registry=registry)
        about = f"What was not told, by reason: {'; '.join(_COUNTED.values())}."
        self.left_out = Gauge("tipstaff_ties_left_out", about, ["reason"], registry=registry)
        for reason in _COUNTED:
            self.left_out.labels(reason)

    def show(self, states: Sequence[ClusterState]) -> None:
        """Show what is kept of all partitions."""
        self.ties.set(sum(len(one.clusters.book.slots) for one in states))
        self.clusters.set(sum(one.clusters.pooled for one in states))
        self.waiting.set(sum(one.gathering.waiting.height for one in states))
        self.held.set(max((len(one.gathering.held) for one in states), default=0))
        self.behind.set(max((_behind_ticks(one) for one in states), default=0) * TICK_MS / 1000)
        self.repeated.set(sum(one.gathering.repeated for one in states))
        for reason in _COUNTED:
            self.left_out.labels(reason).set(sum(getattr(one.clusters.counts, reason) for one in states))


def _behind_ticks(state: ClusterState) -> int:
    """0 until each source has been heard."""
    slowest = state.gathering.time
    return max(source.time for source in state.gathering.sources.values()) - slowest if slowest >= 0 else 0
