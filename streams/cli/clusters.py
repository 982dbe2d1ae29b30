"""`tipstaff clusters`: what accounts share, on Kafka."""

from __future__ import annotations

from streams.cli.kafka import Bootstrap
from streams.cli.processes import Instance, Snapshots, WebPort, run_process
from streams.cli.screen import PackDir


def clusters(bootstrap: Bootstrap = None, pack: PackDir = None, snapshots: Snapshots = None, instance: Instance = None,
             web_port: WebPort = None) -> None:  # fmt: skip
    """Read what workers tell of shared cards, devices, images, templates and networks; alert of account farms.

    One is enough for most clouds; several share the partitions of ties. It runs the pack that all workers run.
    Killed at any moment, nothing is lost and nothing told twice under another id.
    """
    from streams.worker.clusters.service import ClusterWorker

    run_process(ClusterWorker, bootstrap, pack, snapshots, instance, web_port)
