"""A real Kafka for tests: started by deploy/kafka/broker.py, and topics of their own on it."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from kafka import KafkaAdminClient

PROGRAM = Path(__file__).parents[1] / "deploy" / "kafka" / "broker.py"
NOT_TO_BE_HAD = 69

Topic = Callable[..., str]
"""Makes a topic: `topic(prefix, partitions=1, **configs)` returns its name; retention_ms stands for retention.ms."""


def broker_program(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run deploy/kafka/broker.py to its end."""
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


@dataclass
class OwnBroker:
    """A broker that a test may stop, kill and start again, on the same data and port."""

    folder: Path
    secure: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def bootstrap(self) -> str:
        """The plain listener's address, host:port."""
        return str(self.facts["bootstrap"])

    def start(self) -> None:
        """Start it and wait until it answers; skips the test where no broker is to be had."""
        port = () if self.facts else ("--port", 0)
        done = self._do("start", *port, *(["--secure"] if self.secure else []))
        if done.returncode == NOT_TO_BE_HAD:
            pytest.skip(done.stderr.strip())
        assert done.returncode == 0, done.stderr
        self.facts = json.loads((self.folder / "broker.json").read_text())

    def stop(self) -> None:
        """End it in order, and wait until it is gone."""
        assert (done := self._do("stop")).returncode == 0, done.stderr

    def kill(self) -> None:
        """End it as a crash would, and wait until it is gone."""
        assert (done := self._do("stop", "--kill")).returncode == 0, done.stderr

    def _do(self, verb: str, *options: object) -> subprocess.CompletedProcess[str]:
        return broker_program(verb, "--folder", self.folder, *options)


@dataclass(frozen=True)
class Broker:
    """A broker of either kind, for tests that must hold on both.

    client: what kafka-python's clients are to be given. topic: makes a topic (the mock takes no configs).
    """

    kind: Literal["mock", "kafka"]
    bootstrap: str
    client: dict[str, Any]
    topic: Topic


@contextmanager
def topics_on(bootstrap: str) -> Iterator[Topic]:
    """Topics with unique names on a real broker, deleted in the end."""
    made: list[str] = []

    def topic(prefix: str, partitions: int = 1, **configs: object) -> str:
        name = f"{prefix}-{uuid.uuid4().hex[:12]}"
        texts = {key.replace("_", "."): str(value) for key, value in configs.items()}
        wanted = {name: {"num_partitions": partitions, "replication_factor": 1, "configs": texts}}
        with admin_of(bootstrap) as admin:
            admin.create_topics(wanted, wait_for_metadata=True)
        made.append(name)
        return name

    try:
        yield topic
    finally:
        if made:
            with admin_of(bootstrap) as admin:
                admin.delete_topics(made)


@contextmanager
def admin_of(bootstrap: str) -> Iterator[Any]:
    """A client for one task: one that outlives the broker's restart refuses work for a while."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        yield admin
    finally:
        admin.close()
