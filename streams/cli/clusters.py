"""`tipstaff clusters`: what accounts share, on Kafka."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of, settings_from
from streams.cli.screen import PackDir, settings_of, told
from streams.pack import read_pack


def clusters(
    bootstrap: Bootstrap = None,
    pack: PackDir = None,
    snapshots: Annotated[Path | None, typer.Option(help="keep snapshots in this folder, not in their topic")] = None,
    instance: Annotated[str | None, typer.Option(help="this process's lasting name, for rolling restarts")] = None,
    web_port: Annotated[int | None, typer.Option(help="port for health and metrics; 0: a free one")] = None,
) -> None:  # fmt: skip
    """Read what workers tell of shared cards, devices, images, templates and networks; alert of account farms.

    One is enough for most clouds; several share the partitions of ties. It runs the pack that all workers run.
    Killed at any moment, nothing is lost and nothing told twice under another id.
    """
    from streams.worker.clusters.service import ClusterWorker
    from streams.worker.process import Told
    from streams.worker.process_log import open_log
    from streams.worker.settings import WorkerSettings

    kafka, settings = kafka_settings_of(bootstrap=bootstrap), settings_of()
    own = settings_from(WorkerSettings, snapshots=snapshots, instance=instance, web_port=web_port)
    with told():
        in_force = read_pack(pack)
    told_all = Told(kafka, names_of(), own, settings, in_force, pack)

    async def run() -> int:
        return await ClusterWorker(told_all, open_log()).run()

    with told():
        raise typer.Exit(asyncio.run(run()))
