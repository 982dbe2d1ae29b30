"""tipstaff's worker as `tipstaff worker` runs it, on a topic that is there already: it ends at the last record."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from on_kafka.asked import asked
from on_kafka.meter import Meter
from prometheus_client import Counter

from streams.cli.kafka import settings_from
from streams.pack import read_pack
from streams.process_log import open_log
from streams.settings import Settings
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.service import Told, Worker
from streams.worker.settings import WorkerSettings

_PAUSE_S = 0.01


def told() -> Told:
    """From the environment, as the command has it; the pack is the shipped one."""
    names = settings_from(Names)
    return Told(settings_from(KafkaSettings), names, settings_from(WorkerSettings), Settings(), read_pack(), None)


async def run(records: int) -> None:
    """Until every record is settled: alerts acknowledged by the broker, the state moved on."""
    worker, meter = Worker(told(), open_log()), Meter()
    running = asyncio.create_task(worker.run())
    await _until(lambda: worker.assignment.ready, running)
    meter.begin()
    parts = worker.assignment.parts
    await _until(lambda: sum(part.next_offset for part in parts.values()) >= records, running)
    meter.end(records, **counted(worker))
    os.kill(os.getpid(), signal.SIGTERM)
    await running


async def _until(reached: Callable[[], bool], running: asyncio.Task[int]) -> None:
    while not reached():
        if running.done():
            raise SystemExit(f"the worker ended (exit code {running.result()})")
        await asyncio.sleep(_PAUSE_S)


def counted(worker: Worker) -> dict[str, float]:
    """What it did besides, by its own metrics."""
    told = worker.telemetry
    counters = {"alerts": told.alerts, "evaluations": told.evaluations, "dead_letters": told.dead_letters}
    return {name: _total(counter) for name, counter in counters.items()}


def _total(counter: Counter) -> float:
    samples = [one for metric in counter.collect() for one in metric.samples]
    return sum(one.value for one in samples if one.name.endswith("_total"))


if __name__ == "__main__":
    asyncio.run(run(asked().records))
