"""A worker: the main job on Kafka, from usage events to alerts and records of ties."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec

from streams.log_events import LogEvent
from streams.pack.stored import as_stored
from streams.telemetry import WorkerTelemetry
from streams.worker import heartbeats
from streams.worker.loading import Loading, PartLoading
from streams.worker.outlet import headers_of
from streams.worker.packs.known import Packs
from streams.worker.part import Part
from streams.worker.preflight import preflight
from streams.worker.process import CANNOT_GO_ON, Process, Told
from streams.worker.progress import progress
from streams.worker.sending import Outgoing, Send, Undelivered, send_all
from streams.worker.topics.declared import PARTITIONS_A_WORKER

__all__ = ["CANNOT_GO_ON", "Told", "Worker"]

_PROGRESS_S = 60.0


class Worker(Process[Part]):
    """One worker. log: a structlog logger."""

    component = "worker"

    def __init__(self, told: Told, log: Any) -> None:
        telemetry = WorkerTelemetry(told.pack.rules, live=not told.names.events_history)
        telemetry.know((), told.pack.models)
        super().__init__(told, told.names, telemetry, log)

    def _begin(self) -> None:
        """Wait for the broker, look at the topics, and put our pack where others find it."""
        told = self._told
        self._counts = preflight(told.kafka, told.names, told.worker.snapshots is None, self._say_waiting)
        if self._counts.events < PARTITIONS_A_WORKER:
            self._log.warning(LogEvent.FEW_PARTITIONS, partitions=self._counts.events,
                              at_least=f"{PARTITIONS_A_WORKER} for each worker")  # fmt: skip
        if self._pack_topic.fetch(told.pack.hash) is None:
            self._pack_topic.store(told.pack.hash, as_stored(told.overlay))
        self._began = self._pack_topic.begin(told.pack.hash)
        if self._began != told.pack.hash:
            self._log.info(LogEvent.BEGAN_WITH_OTHER_PACK, began_with=self._began, given=told.pack.hash)

    def _began_with(self) -> str:
        return self._began

    def _loading(self, packs: Packs, send: Send) -> Loading[Part]:
        told = self._told
        return PartLoading(told.kafka, told.names, told.worker, told.settings, self._counts, packs, self._pack_topic,
                           send, self.telemetry, self._generation, self._log)  # fmt: skip

    def _tasks(self) -> Sequence[Coroutine[Any, Any, None]]:
        return [*super()._tasks(), self._beat(), self._report()]

    def _show(self) -> None:
        parts = list(self.assignment.parts.values())
        self.telemetry.states([part.saved.state.features for part in parts])
        self.about.packs({part.pipeline.pack.hash for part in parts})
        self.telemetry.drifts([(part.pipeline.pack.learnt, part.saved.state.scored) for part in parts])

    async def _beat(self) -> None:
        while not self._told.names.events_history:
            await asyncio.sleep(1)
            if self.assignment.ready and (records := list(heartbeats.due(self.assignment, time.monotonic()))):
                try:
                    await send_all(self._app.producer, records)
                    self.telemetry.heartbeats.inc(len(records))
                except Undelivered as error:
                    self._log.warning(LogEvent.NO_HEARTBEATS, reason=str(error))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_S)
            parts = self.assignment.parts.items()
            try:
                await send_all(self._app.producer, [self._progress(number, part) for number, part in parts])
            except Undelivered as error:
                self._log.warning(LogEvent.NO_PROGRESS_TOLD, reason=str(error))

    def _progress(self, number: int, part: Part) -> Outgoing:
        value = msgspec.json.encode(progress(part, self.assignment.end(number)))
        key = f"{part.log.topic}/{number}".encode()
        headers = headers_of("progress", number, self._generation())
        return Outgoing(self._told.names.alerts, key, value, headers)
