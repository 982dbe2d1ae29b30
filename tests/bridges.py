"""A `tipstaff bridge` in a process of its own, topics to feed it, and what it made of them; for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from command_line import COMMAND
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError
from prometheus_client.parser import text_string_to_metric_families

from streams.worker.letters.graves import Grave, from_record

_T = TypeVar("_T")
DEADLINE_S = 60.0


def until(found: Callable[[], _T], what: str, seconds: float = DEADLINE_S) -> _T:
    """What `found` gives once that is true."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
    return value


@dataclass(frozen=True)
class Place:
    """Where a bridge writes, and what its groups begin with."""

    bootstrap: str
    events: str
    dead: str
    group: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a process that works there."""
        return {"TIPSTAFF_KAFKA_BOOTSTRAP": self.bootstrap, "TIPSTAFF_TOPIC_EVENTS": self.events,
                "TIPSTAFF_TOPIC_DEAD_LETTERS": self.dead, "TIPSTAFF_TOPIC_GROUP": self.group}  # fmt: skip

    def written(self, topic: str) -> list[Any]:
        """All that a topic holds now."""
        return everything(self.bootstrap, topic)

    def ids(self) -> list[str]:
        """The ids of all bridged events."""
        return [json.loads(record.value)["id"] for record in self.written(self.events)]

    def graves(self) -> list[Grave]:
        """All dead letters."""
        return [from_record(one.key, one.value, one.headers) for one in self.written(self.dead)]

    def committed(self, source: str) -> int:
        """How many offsets a source's group has committed, over all partitions."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            found = admin.list_group_offsets(f"{self.group}-bridge-{source}")
        except (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError):
            return 0  # a broker that has just begun
        finally:
            admin.close()
        return sum(one.offset for group in found.values() for one in group.values())


def everything(bootstrap: str, topic: str) -> list[Any]:
    """All records of a topic, up to where it ends now."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        known = until(lambda: consumer.partitions_for_topic(topic), f"the partitions of {topic}")
        places = [TopicPartition(topic, n) for n in known]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends, found = consumer.end_offsets(places), list[Any]()
        until(lambda: _taken(consumer, ends, found), f"the end of {topic}")
        return found
    finally:
        consumer.close()


def _taken(consumer: KafkaConsumer, ends: Mapping[TopicPartition, int], found: list[Any]) -> bool:
    for records in consumer.poll(timeout_ms=200).values():
        found += records
    return all(consumer.position(place) >= end for place, end in ends.items())


def feed(bootstrap: str, topic: str, values: Iterable[bytes | None], **options: Any) -> None:
    """Write records and wait for every result."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, **options)
    try:
        for result in [producer.send(topic, value) for value in values]:
            result.get(30)
    finally:
        producer.close()


class Bridging:
    """A running bridge, as its log and its health server show it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    @property
    def log(self) -> list[dict[str, Any]]:
        """Its lines so far; each is JSON."""
        return [json.loads(line) for line in self._log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def asked(self, path: str) -> tuple[int, str]:
        """Status and body of its health server."""
        told = until(self._told, f"a bridge that tells its address in {self._log}")
        try:
            with urllib.request.urlopen(told[0].replace("/readyz", path), timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _told(self) -> list[str]:
        assert self.process.poll() is None, self._log.read_text()
        return [line["health"] for line in self.log if "health" in line]

    def ready(self) -> dict[str, dict[str, Any]]:
        """Each source's standing."""
        return dict(json.loads(self.asked("/readyz")[1])["sources"])

    def metric(self, name: str, **labels: str) -> float:
        """A metric's value for one source."""
        families = text_string_to_metric_families(self.asked("/metrics")[1])
        return sum(s.value for family in families for s in family.samples
                   if s.name == f"tipstaff_bridge_{name}" and labels.items() <= s.labels.items())  # fmt: skip

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code once it was told to end."""
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def bridging(place: Place, log: Path, *arguments: object, **more: str) -> Iterator[Bridging]:
    """`tipstaff bridge` with these arguments; killed in the end if it still runs."""
    command = [*COMMAND, "bridge", *map(str, arguments)]
    with log.open("wb") as lines:
        environment = {**os.environ, **place.environment, **more}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines)
    try:
        running = Bridging(process, log)
        running.asked("/healthz")
        yield running
    finally:
        process.kill()
        process.wait(30)
