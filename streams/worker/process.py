"""A process on Kafka put together: broker, packs, partitions, health; run until it is asked to stop or cannot go on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, NoReturn, cast

from streams.log_events import LogEvent
from streams.pack import Pack
from streams.serving.health import health_server
from streams.settings import Settings
from streams.telemetry import WorkerTelemetry
from streams.telemetry.process import ProcessTelemetry
from streams.worker.assignment import Assignment, Make, P
from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.faust_app import faust_app
from streams.worker.loading import Loading
from streams.worker.names import Names
from streams.worker.packs.known import Packs
from streams.worker.packs.topic import PackTopic
from streams.worker.sending import Send, blocking
from streams.worker.settings import WorkerSettings
from streams.worker.transport.bombs import bound_decompression
from streams.worker.transport.consumer import ChunkConsumer

CANNOT_GO_ON = 70
"""Exit code of a worker that stopped itself so that nothing is lost; whoever keeps it running starts it again."""

_SILENT_S, _STOP_S, _KEEP_S = 10.0, 9.0, 3.0


@dataclass(frozen=True)
class Told:
    """All that a worker is told. overlay: the pack's folder, None for the shipped pack."""

    kafka: KafkaSettings
    names: Names
    worker: WorkerSettings
    settings: Settings
    pack: Pack
    overlay: Path | None


class Process(ABC, Generic[P]):
    """One process that takes in the chunks of one topic, by a part for each of its partitions.

    names: as those of `told`, but `events` is the topic that is taken in; telemetry: what it counts; log: a structlog
    logger. component: what metrics call the process.
    """

    component: ClassVar[str]

    def __init__(self, told: Told, names: Names, telemetry: WorkerTelemetry, log: Any) -> None:
        self._told, self._names, self.telemetry, self._log = told, names, telemetry, log
        self.about = ProcessTelemetry(self.component, telemetry.registry)
        self._steps = ThreadPoolExecutor(max_workers=1, thread_name_prefix="step")
        self.assignment: Assignment[P] = Assignment(names.events, self._prepare, self._steps, telemetry, log)
        self._pack_topic = PackTopic(told.kafka, told.names)
        self._waiting_for = "Kafka"
        self._stopping = asyncio.Event()

    @abstractmethod
    def _begin(self) -> None:
        """Wait for the broker and look at the topics. Blocks. Raises KafkaRefused."""

    @abstractmethod
    def _loading(self, packs: Packs, send: Send) -> Loading[P]:
        """What makes parts."""

    @abstractmethod
    def _began_with(self) -> str:
        """The hash of the pack that the log begins with."""

    @abstractmethod
    def _show(self) -> None:
        """Show what is kept."""

    def _tasks(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What goes on beside the chunks."""
        return [self._watch()]

    async def run(self) -> int:
        """Until SIGTERM or SIGINT; gives the exit code. Raises KafkaRefused, CannotListen."""
        bound_decompression(int(self._told.worker.most_batch_mb * 2**20))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        port = self._told.worker.web_port
        scraped = self._told.settings.scraped(self.component)
        registry = self.telemetry.registry
        async with health_server(port, self._alive, self._ready, registry, scraped=scraped) as address:
            self._log.info(LogEvent.LISTENING, address=address)
            return await self._serve()

    async def _serve(self) -> int:
        await self._unless_stopped(asyncio.to_thread(self._begin))
        told, loop = self._told, asyncio.get_running_loop()
        app = faust_app(told.kafka, self._names, told.worker, self.assignment, self.assignment.take, self._fail)
        self._app = app
        self.assignment.consumer = cast(ChunkConsumer, app.consumer)
        send = blocking(lambda: app.producer, loop, told.worker.produce_s * 2)
        packs = Packs(told.pack, self._pack_topic.fetch, told.settings, self._began_with())
        self._loads = self._loading(packs, send)

        @app.on_rebalance_complete.connect(weak=False)
        async def rebalanced(_app: Any, **_: Any) -> None:
            await self._or_fail(self.assignment.rebalanced())

        self._waiting_for = "partitions"
        await app.start()
        tasks = [asyncio.create_task(self._or_fail(task)) for task in self._tasks()]
        stopped = asyncio.create_task(self._stopping.wait())
        crashed = asyncio.create_task(app.wait_until_stopped())
        await asyncio.wait([stopped, crashed], return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done():
            self._fail(app.crash_reason or RuntimeError("Faust stopped"))
        for task in tasks:
            task.cancel()
        return await self._stop(app)

    def _generation(self) -> int:
        """The consumer group's, as of now."""
        return int(self._app.consumer_generation_id)

    async def _prepare(self, new: Sequence[int]) -> Make[P]:
        return await self._loads.prepare(new)

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        doing, stopped = asyncio.ensure_future(work), asyncio.create_task(self._stopping.wait())
        await asyncio.wait([doing, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            self._end(0)  # its thread would be waited for
        await doing

    def _say_waiting(self, line: str) -> None:
        self._log.warning(LogEvent.WAITING, reason=line)

    async def _stop(self, app: Any) -> int:
        self._log.info(LogEvent.STOPPING)
        try:
            async with asyncio.timeout(_STOP_S):
                await self.assignment.keep_all(_KEEP_S)
                await app.stop()
        except TimeoutError:
            self._fail(TimeoutError(f"it did not stop within {_STOP_S:g} s"))
        self._log.info(LogEvent.STOPPED)
        return 0

    async def _or_fail(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> NoReturn:
        """Say why, and end at once: nothing that is not durable may be acknowledged on the way out."""
        self._log.error(LogEvent.CANNOT_GO_ON, reason=f"{type(error).__name__}: {error}")
        self._end(CANNOT_GO_ON)

    def _end(self, code: int) -> NoReturn:
        sys.stderr.flush()
        os._exit(code)

    async def _watch(self) -> None:
        """Show what is kept; say when Kafka falls silent, and end when it stays so."""
        while True:
            await asyncio.sleep(2)
            silent = self._silent_s()
            self._show_lag(silent)
            self._show()
            if silent > _SILENT_S:
                self._log.warning(LogEvent.KAFKA_SILENT, seconds=round(silent), gives_up_after=self._patience)
            if silent > self._patience:
                raise KafkaRefused(f"Kafka has not answered for {silent:.0f} s")

    def _show_lag(self, silent_s: float) -> None:
        lag = self.assignment.lag()
        self.telemetry.lag.set(lag)
        self.telemetry.lag_seconds.set(self.assignment.lag_s(self.telemetry.wall()))
        if not lag and self.assignment.ready and self.assignment.busy_since is None and silent_s <= _SILENT_S:
            self.telemetry.delays.progressed()  # nothing was to be read

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
