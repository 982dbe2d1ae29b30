"""What starts a long-running process on Kafka: its options, and how it is told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.kafka import kafka_settings_of, names_of, settings_from
from streams.cli.screen import settings_of, told
from streams.pack import read_pack
from streams.tracing import tracing

if TYPE_CHECKING:
    from streams.worker.process import Process, Told

Snapshots = Annotated[Path | None, typer.Option(help="keep snapshots in this folder, not in their topic")]
Instance = Annotated[str | None, typer.Option(help="this process's lasting name, for rolling restarts")]
WebPort = Annotated[int | None, typer.Option(help="port for health and metrics; 0: a free one")]


def run_process(make: Callable[[Told, Any], Process[Any]], bootstrap: str | None, pack: Path | None,
                snapshots: Path | None, instance: str | None, web_port: int | None) -> None:  # fmt: skip
    """Run one until it is asked to stop; its exit code is ours (typer.Exit). make: given all it is told, and a log."""
    from streams.process_log import open_log
    from streams.worker.process import Told
    from streams.worker.settings import WorkerSettings

    kafka, settings = kafka_settings_of(bootstrap=bootstrap), settings_of()
    own = settings_from(WorkerSettings, snapshots=snapshots, instance=instance, web_port=web_port)
    with told():
        in_force = read_pack(pack)
    told_all = Told(kafka, names_of(), own, settings, in_force, pack)

    async def run() -> int:
        process = make(told_all, open_log())
        with tracing(process.component, settings.traces):
            return await process.run()

    with told():
        raise typer.Exit(asyncio.run(run()))
