"""What an ordeal is played on: topics of its own, what its processes are told of them, and what lies in them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker import admin_of, topics_on
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from worker.chaos.known_alerts import Contents
from worker.chaos.known_clusters import known_clusters, log_of

from streams.pack import read_pack
from streams.pack.stored import as_stored
from streams.settings import Settings
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.packs.known import Packs
from streams.worker.packs.topic import PackTopic
from streams.worker.topics.admin import open_admin

_KEY = b"a key of the ordeal's own"
_EVER = -1

TIE_PARTITIONS = 4


class NotInTime(Exception):
    """Something that did not come about before its deadline."""


def until(what: str, met: Callable[[], bool], patience_s: float) -> None:
    """Wait for a condition. Raises NotInTime."""
    deadline = time.monotonic() + patience_s
    while not met():
        if time.monotonic() > deadline:
            raise NotInTime(f"{what}: not within {patience_s:g} s")
        time.sleep(0.05)


@dataclass
class Stage:
    """pack: the first edition's folder; session_s, snapshot_every_s: what the processes are told."""

    bootstrap: str
    names: Names
    partitions: int
    pack: Path
    session_s: float = 6.0
    snapshot_every_s: float = 1.0

    def environment(self) -> dict[str, str]:
        """The settings of a process."""
        topics = {f"TIPSTAFF_TOPIC_{name.upper()}": str(value) for name, value in self.names.model_dump().items()}
        return topics | {
            "TIPSTAFF_KAFKA_BOOTSTRAP": self.bootstrap, "TIPSTAFF_SNAPSHOT_EVERY_S": str(self.snapshot_every_s),
            "TIPSTAFF_WORKER_SESSION_S": str(self.session_s), "TIPSTAFF_WORKER_CONTROL_KEY": _KEY.decode(),
        }  # fmt: skip

    def publish(self, overlay: Path) -> None:
        """Store a pack and order it in every partition."""
        pack, data = read_pack(overlay).hash, as_stored(overlay)
        self._packs.store(pack, data)
        self._packs.order(pack, data, _KEY, time.time_ns() // 1_000_000, self.partitions)

    def publish_by_command(self, overlay: Path) -> None:
        """The same by `tipstaff pack publish`, which tries the pack's tests first."""
        command = [sys.executable, "-c", "from streams.cli import main; main()", "pack", "publish", "--pack",
                   str(overlay)]  # fmt: skip
        subprocess.run(command, env={**os.environ, **self.environment()}, check=True, capture_output=True, timeout=300)

    def controls(self) -> list[Mapping[int, int]]:
        """The offsets of each order to take up a pack, by partition."""
        return [one.offsets for one in self._packs.publications()]

    def lose_snapshots(self) -> None:
        """Delete the snapshots' topic, and make it anew."""
        with admin_of(self.bootstrap) as admin:
            admin.delete_topics([self.names.snapshots])
            until("the snapshots' topic is made anew", lambda: _made(admin, self.names.snapshots, self.partitions), 30)

    def ends(self) -> dict[int, int]:
        """Where each partition of the events ends."""
        with open_admin(self._kafka) as admin:
            return admin.bounds(self.names.events, self.partitions)[1]

    def behind(self) -> dict[str, int]:
        """Records that nobody has committed yet, by partition: of events, and where there are none, of ties."""
        events = self._behind("events", self.names.group, self.names.events, self.partitions)
        return events or self._behind("ties", f"{self.names.group}-clusters", self.names.ties, TIE_PARTITIONS)

    def _behind(self, called: str, group: str, topic: str, partitions: int) -> dict[str, int]:
        with open_admin(self._kafka) as admin:
            committed = admin.committed(group, topic)
            ends = admin.bounds(topic, partitions)[1]
        left = {f"{called}/{number}": end - committed.get(number, 0) for number, end in ends.items()}
        return {place: records for place, records in left.items() if records}

    @property
    def _kafka(self) -> KafkaSettings:
        return KafkaSettings(bootstrap=self.bootstrap)

    @property
    def _packs(self) -> PackTopic:
        return PackTopic(self._kafka, self.names)

    def known_clusters(self) -> Contents:
        """What must be told of clusters, after what the events topic holds now."""
        packs = Packs(read_pack(self.pack), self._packs.fetch, Settings(), self._packs.began_with())
        lying: dict[int, list[Any]] = {number: [] for number in range(self.partitions)}
        for record in self.read(self.names.events):
            lying[record.partition].append(record)
        logs = [log_of(number, records) for number, records in lying.items()]
        return known_clusters(logs, self.names.events, packs, _KEY)

    def read(self, topic: str) -> Iterator[Any]:
        """All that a topic holds now."""
        with _consumer(self.bootstrap) as consumer:
            places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            ends = consumer.end_offsets(places)
            while any(consumer.position(tp) < end for tp, end in ends.items()):
                for records in consumer.poll(timeout_ms=500).values():
                    yield from records


@contextmanager
def staged(bootstrap: str, pack: Path, partitions: int = 12, snapshot_every_s: float = 1.0) -> Iterator[Stage]:
    """A stage with topics of its own; they are deleted in the end."""
    with topics_on(bootstrap) as topic:
        history = {"message_timestamp_type": "CreateTime", "retention_ms": _EVER}
        events = topic("chaos-events", partitions, **history)
        names = Names(
            events=events, events_history=True, dead_letters=topic("chaos-dead"), packs=topic("chaos-packs"),
            snapshots=topic("chaos-snapshots", partitions, cleanup_policy="compact"), alerts=topic("chaos-alerts", 3),
            restricted_alerts=topic("chaos-restricted"), ties=topic("chaos-ties", TIE_PARTITIONS),
            group=f"group-{events}",
        )  # fmt: skip
        yield Stage(bootstrap, names, partitions, pack, snapshot_every_s=snapshot_every_s)


def _made(admin: Any, topic: str, partitions: int) -> bool:
    wanted = {topic: {"num_partitions": partitions, "replication_factor": 1, "configs": {"cleanup.policy": "compact"}}}
    try:
        admin.create_topics(wanted, wait_for_metadata=True)
    except KafkaError:
        return False  # not gone yet
    return True


@contextmanager
def _consumer(bootstrap: str) -> Iterator[Any]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        yield consumer
    finally:
        consumer.close()
