"""A worker put together: broker, packs, partitions, health; run until it is asked to stop or cannot go on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

import msgspec

from streams.pack import Pack
from streams.pack.stored import as_stored
from streams.settings import Settings
from streams.telemetry import WorkerTelemetry
from streams.web.health import health_server
from streams.worker import heartbeats
from streams.worker.assignment import Assignment, Make
from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.faust_app import faust_app
from streams.worker.loading import Loading
from streams.worker.names import Names
from streams.worker.outlet import headers_of
from streams.worker.packs.known import Packs
from streams.worker.packs.topic import PackTopic
from streams.worker.part import Part
from streams.worker.preflight import preflight
from streams.worker.progress import progress
from streams.worker.sending import Outgoing, Undelivered, blocking, send_all
from streams.worker.settings import WorkerSettings
from streams.worker.topics.declared import PARTITIONS_A_WORKER
from streams.worker.transport.bombs import bound_decompression
from streams.worker.transport.consumer import ChunkConsumer

CANNOT_GO_ON = 70
"""Exit code of a worker that stopped itself so that nothing is lost; whoever keeps it running starts it again."""

_PROGRESS_S, _SILENT_S, _STOP_S, _KEEP_S = 60.0, 10.0, 9.0, 3.0


@dataclass(frozen=True)
class Told:
    """All that a worker is told. overlay: the pack's folder, None for the shipped pack."""

    kafka: KafkaSettings
    names: Names
    worker: WorkerSettings
    settings: Settings
    pack: Pack
    overlay: Path | None


class Worker:
    """One process. log: a structlog logger."""

    def __init__(self, told: Told, log: Any) -> None:
        self._told, self._log = told, log
        self._steps = ThreadPoolExecutor(max_workers=1, thread_name_prefix="step")
        self.telemetry = WorkerTelemetry(told.pack.rules)
        self.assignment = Assignment(told.names.events, self._prepare, self._steps, self.telemetry, log)
        self._pack_topic = PackTopic(told.kafka, told.names)
        self._waiting_for = "Kafka"
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Until SIGTERM or SIGINT; gives the exit code. Raises KafkaRefused, CannotListen."""
        bound_decompression(int(self._told.worker.most_batch_mb * 2**20))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        port = self._told.worker.web_port
        async with health_server(port, self._alive, self._ready, self.telemetry.registry) as address:
            self._log.info("listening", address=address)
            return await self._serve()

    async def _serve(self) -> int:
        partitions = await self._unless_stopped(asyncio.to_thread(self._begin))
        loop = asyncio.get_running_loop()
        app = faust_app(self._told.kafka, self._told.names, self._told.worker, self.assignment, self.assignment.take,
                        self._fail)  # fmt: skip
        self._app = app
        self.assignment.consumer = cast(ChunkConsumer, app.consumer)
        send = blocking(lambda: app.producer, loop, self._told.worker.produce_s * 2)
        packs = Packs(self._told.pack, self._pack_topic.fetch, self._told.settings, self._began)
        generation = lambda: int(app.consumer_generation_id)  # noqa: E731
        told = self._told
        self._loading = Loading(told.kafka, told.names, told.worker, told.settings, partitions, packs, self._pack_topic,
                                send, self.telemetry, generation, self._log)  # fmt: skip

        @app.on_rebalance_complete.connect(weak=False)
        async def rebalanced(_app: Any, **_: Any) -> None:
            await self._or_fail(self.assignment.rebalanced())

        self._waiting_for = "partitions"
        await app.start()
        tasks = [asyncio.create_task(self._or_fail(task)) for task in (self._beat(), self._report(), self._watch())]
        stopped = asyncio.create_task(self._stopping.wait())
        crashed = asyncio.create_task(app.wait_until_stopped())
        await asyncio.wait([stopped, crashed], return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done():
            self._fail(app.crash_reason or RuntimeError("Faust stopped"))
        for task in tasks:
            task.cancel()
        return await self._stop(app)

    async def _unless_stopped(self, work: Coroutine[Any, Any, int]) -> int:
        doing, stopped = asyncio.ensure_future(work), asyncio.create_task(self._stopping.wait())
        await asyncio.wait([doing, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            self._end(0)  # its thread would be waited for
        return await doing

    def _begin(self) -> int:
        """Wait for the broker, look at the topics, and put our pack where others find it."""
        told = self._told
        partitions = preflight(told.kafka, told.names, told.worker.snapshots is None, self._say_waiting)
        if partitions < PARTITIONS_A_WORKER:
            self._log.warning("the topic has few partitions: they are dealt out whole, and their number is frozen",
                              partitions=partitions, at_least=f"{PARTITIONS_A_WORKER} for each worker")  # fmt: skip
        if self._pack_topic.fetch(told.pack.hash) is None:
            self._pack_topic.store(told.pack.hash, as_stored(told.overlay))
        self._began = self._pack_topic.begin(told.pack.hash)
        if self._began != told.pack.hash:
            self._log.info("the log began with another pack; the one given is in force once it is published",
                           began_with=self._began, given=told.pack.hash)  # fmt: skip
        return partitions

    def _say_waiting(self, line: str) -> None:
        self._log.warning("waiting", reason=line)

    async def _prepare(self, new: Sequence[int]) -> Make:
        return await self._loading.prepare(new)

    async def _stop(self, app: Any) -> int:
        self._log.info("stopping")
        try:
            async with asyncio.timeout(_STOP_S):
                await self.assignment.keep_all(_KEEP_S)
                await app.stop()
        except TimeoutError:
            self._fail(TimeoutError(f"it did not stop within {_STOP_S:g} s"))
        self._log.info("stopped")
        return 0

    async def _or_fail(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> NoReturn:
        """Say why, and end at once: nothing that is not durable may be acknowledged on the way out."""
        self._log.error("stopping: it cannot go on; nothing is lost, start it again",
                        reason=f"{type(error).__name__}: {error}")  # fmt: skip
        self._end(CANNOT_GO_ON)

    def _end(self, code: int) -> NoReturn:
        sys.stderr.flush()
        os._exit(code)

    async def _beat(self) -> None:
        while not self._told.names.events_history:
            await asyncio.sleep(1)
            if self.assignment.ready and (records := list(heartbeats.due(self.assignment, time.monotonic()))):
                try:
                    await send_all(self._app.producer, records)
                    self.telemetry.heartbeats.inc(len(records))
                except Undelivered as error:
                    self._log.warning("no heartbeats could be written: open turns wait for the next record",
                                      reason=str(error))  # fmt: skip

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_S)
            parts = self.assignment.parts.items()
            try:
                await send_all(self._app.producer, [self._progress(number, part) for number, part in parts])
            except Undelivered as error:
                self._log.warning("no progress could be told: enforcement will hold back", reason=str(error))

    def _progress(self, number: int, part: Part) -> Outgoing:
        value = msgspec.json.encode(progress(part, self.assignment.end(number)))
        key = f"{part.log.topic}/{number}".encode()
        return Outgoing(
            self._told.names.alerts, key, value, headers_of("progress", number, int(self._app.consumer_generation_id))
        )

    async def _watch(self) -> None:
        """Show what is kept; say when Kafka falls silent, and end when it stays so."""
        while True:
            await asyncio.sleep(2)
            self.telemetry.lag.set(self.assignment.lag())
            self.telemetry.states([part.saved.state.features for part in self.assignment.parts.values()])
            silent = self._silent_s()
            if silent > _SILENT_S:
                self._log.warning("Kafka does not answer", seconds=round(silent), gives_up_after=self._patience)
            if silent > self._patience:
                raise KafkaRefused(f"Kafka has not answered for {silent:.0f} s")

    @property
    def _patience(self) -> float:
        return self._told.kafka.patience_s

    def _silent_s(self) -> float:
        """For how long no broker has answered, in seconds."""
        consumer: Any = self._app.consumer
        return max(float(consumer.thread.unreachable_s), float(consumer.thread.silent_s))

    def _alive(self) -> tuple[bool, Mapping[str, Any]]:
        busy = 0.0 if self.assignment.busy_since is None else time.monotonic() - self.assignment.busy_since
        return busy < self._patience * 5, {"busy_s": round(busy, 1)}

    def _ready(self) -> tuple[bool, Mapping[str, Any]]:
        if not self.assignment.ready:
            return False, {"reason": f"waiting for {self._waiting_for}"}
        silent = self._silent_s()
        if silent > _SILENT_S:
            return False, {"reason": f"Kafka has not answered for {silent:.0f} s"}
        return True, {"partitions": len(self.assignment.parts), "lag_records": self.assignment.lag()}
