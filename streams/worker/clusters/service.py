"""`tipstaff clusters`: the second stage on Kafka, from records of ties to alerts about clusters."""

from __future__ import annotations

from typing import Any

from streams.telemetry import ClusterTelemetry
from streams.worker.clusters.loading import ClusterLoading
from streams.worker.clusters.part import ClusterPart
from streams.worker.loading import Loading
from streams.worker.packs.known import Packs
from streams.worker.preflight import preflight
from streams.worker.process import Process, Told
from streams.worker.sending import Send


class ClusterWorker(Process[ClusterPart]):
    """One process of the second stage; several share the partitions of ties. log: a structlog logger.

    It begins with the pack that workers began with, and takes up another once all partitions of events run it.
    """

    component = "clusters"
    telemetry: ClusterTelemetry

    def __init__(self, told: Told, log: Any) -> None:
        names = told.names.model_copy(update={"events": told.names.ties, "group": f"{told.names.group}-clusters"})
        telemetry = ClusterTelemetry(told.pack.rules, live=not told.names.events_history)
        super().__init__(told, names, telemetry, log)

    def _begin(self) -> None:
        told = self._told
        self._counts = preflight(told.kafka, told.names, told.worker.snapshots is None, self._say_waiting)

    def _began_with(self) -> str:
        return self._pack_topic.began_with() or self._told.pack.hash

    def _loading(self, packs: Packs, send: Send) -> Loading[ClusterPart]:
        told = self._told
        return ClusterLoading(told.kafka, self._names, told.worker, told.settings, self._counts, packs,
                              self._pack_topic, send, self.telemetry, self._generation, self._log)  # fmt: skip

    def _show(self) -> None:
        parts = list(self.assignment.parts.values())
        self.about.packs({part.saved.pack for part in parts})
        self.telemetry.clusters([part.state for part in parts])
