"""`tipstaff worker`: the main job on Kafka."""

from __future__ import annotations

from streams.cli.kafka import Bootstrap
from streams.cli.processes import Instance, Snapshots, WebPort, run_process
from streams.cli.screen import PackDir


def worker(bootstrap: Bootstrap = None, pack: PackDir = None, snapshots: Snapshots = None, instance: Instance = None,
           web_port: WebPort = None) -> None:  # fmt: skip
    """Read usage events from Kafka, raise explained alerts into their topic.

    Start as many as there are cores; they share the partitions. Killed at any moment, nothing is lost and nothing told
    twice under another id. --pack is what a log begins with; tipstaff pack publish orders another in the log.
    """
    from streams.worker.service import Worker

    run_process(Worker, bootstrap, pack, snapshots, instance, web_port)
