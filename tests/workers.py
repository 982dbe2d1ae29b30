"""A `tipstaff worker` in a process of its own, with topics of its own, and what it wrote; for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridges import everything, until
from broker import Topic
from command_line import COMMAND
from kafka import KafkaAdminClient, KafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from streams.worker.letters.graves import Grave, from_record

PARTITIONS, TIE_PARTITIONS = 4, 2


@dataclass(frozen=True)
class Site:
    """A broker, topics of its own, and a group."""

    bootstrap: str
    names: Mapping[str, str]
    history: bool

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a process that works there."""
        topics = {f"TIPSTAFF_TOPIC_{name.upper()}": topic for name, topic in self.names.items()}
        return {"TIPSTAFF_KAFKA_BOOTSTRAP": self.bootstrap, "TIPSTAFF_TOPIC_EVENTS_HISTORY": str(self.history).lower(),
                "TIPSTAFF_TOPIC_GROUP": self.names["events"], "TIPSTAFF_WORKER_CONTROL_KEY": "a secret for tests",
                "TIPSTAFF_WORKER_SESSION_S": "6", **topics}  # fmt: skip

    def alerts(self) -> list[dict[str, Any]]:
        """All alerts, in the order of their topic's partitions."""
        return [json.loads(one.value) for one in self._kind("alert")]

    def progress(self) -> list[dict[str, Any]]:
        """All progress records."""
        return [json.loads(one.value) for one in self._kind("progress")]

    def _kind(self, kind: str) -> list[Any]:
        written = everything(self.bootstrap, self.names["alerts"])
        return [one for one in written if dict(one.headers)["kind"] == kind.encode()]

    def graves(self) -> list[Grave]:
        """All dead letters."""
        written = everything(self.bootstrap, self.names["dead_letters"])
        return [from_record(one.key, one.value, one.headers) for one in written]

    def feed(
        self, events: Sequence[Mapping[str, Any] | bytes], partition: int | None = None, keyed: bool = True
    ) -> None:
        """Write events, keyed by account, and wait for every result; `stamp` in an event is its record's."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        try:
            for sent in [self._send(producer, event, partition, keyed) for event in events]:
                sent.get(30)
        finally:
            producer.close()

    def _send(self, producer: Any, event: Mapping[str, Any] | bytes, partition: int | None, keyed: bool) -> Any:
        if isinstance(event, bytes):
            return producer.send(self.names["events"], event, partition=partition)
        told = {key: value for key, value in event.items() if key != "stamp"}
        key = told["account_id"].encode() if keyed and "account_id" in told else None
        return producer.send(self.names["events"], json.dumps(told).encode(), key, partition=partition,
                             timestamp_ms=event.get("stamp"))  # fmt: skip

    def lag(self) -> int:
        """Records that the group has not committed."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            held = admin.list_group_offsets([self.names["events"]])[self.names["events"]]
            committed = sum(one.offset for one in held.values() if one.offset > 0)
        finally:
            admin.close()
        return len(everything(self.bootstrap, self.names["events"])) - int(committed)


def site_on(bootstrap: str, topic: Topic, history: bool = False, partitions: int = PARTITIONS) -> Site:
    """Topics for one test."""
    stamps = "CreateTime" if history else "LogAppendTime"
    names = {
        "events": topic("events", partitions, message_timestamp_type=stamps, retention_ms=-1),
        "dead_letters": topic("dead"), "alerts": topic("alerts"), "restricted_alerts": topic("restricted"),
        "ties": topic("ties", TIE_PARTITIONS),
        "snapshots": topic("snapshots", partitions, cleanup_policy="compact"),
        "packs": topic("packs", cleanup_policy="compact", max_message_bytes=8 * 2**20),
    }  # fmt: skip
    return Site(bootstrap, names, history)


class Working:
    """A running worker, as its log and its health server show it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    @property
    def text(self) -> str:
        """All that it said."""
        return self._log.read_text()

    @property
    def said(self) -> list[dict[str, Any]]:
        """Its log lines so far."""
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{") and line.endswith("}")]

    def address(self) -> str:
        """Where its health server listens."""
        return until(self._told, "a worker that tells its address")[0]

    def _told(self) -> list[str]:
        return [one["address"] for one in self.said if self._running() and one["event"] == "listening"]

    def asked(self, path: str) -> tuple[int, str]:
        """Status and body."""
        try:
            with urllib.request.urlopen(f"http://{self.address()}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """A metric's value, summed over its other labels."""
        families = text_string_to_metric_families(self.asked("/metrics")[1])
        return sum(s.value for family in families for s in family.samples
                   if s.name == f"tipstaff_{name}" and labels.items() <= s.labels.items())  # fmt: skip

    def wait_ready(self) -> None:
        """Until it has its partitions."""
        until(lambda: self._running() and self.asked("/readyz")[0] == 200, f"a ready worker; it said {self.text}")

    def _running(self) -> bool:
        assert self.process.poll() is None, self.text
        return True

    def end(self, number: int = signal.SIGTERM, seconds: float = 10) -> int:
        """Its exit code once it was told to end."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


@contextmanager
def working(site: Site, log: Path, *arguments: object, command: str = "worker", **more: str) -> Iterator[Working]:
    """`tipstaff worker`, or another command like it, with these arguments; killed in the end if it still runs."""
    environment = {**os.environ, **site.environment, **more}
    with log.open("wb") as lines:
        process = subprocess.Popen([*COMMAND, command, *map(str, arguments)], env=environment,
                                   stdin=subprocess.DEVNULL, stdout=lines, stderr=lines)  # fmt: skip
    try:
        yield Working(process, log)
    finally:
        process.kill()
        process.wait(30)
