"""What differs between the topics as declared and as a broker has them, and what may be done about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.worker.topics.declared import Topic, in_sync


@dataclass(frozen=True)
class Found:
    """A topic as a broker has it; replication: of the partition that has the fewest replicas."""

    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True)
class Create:
    """A topic that is not there."""

    topic: Topic


@dataclass(frozen=True)
class Configure:
    """A setting of a topic that is to be another, and can be without losing a record."""

    name: str
    key: str
    was: str
    wanted: str


@dataclass(frozen=True)
class Leave:
    """What is not as declared and is left so: why, and what a person can do."""

    name: str
    what: str
    was: str
    wanted: str
    why: str
    to_do: str


Step = Create | Configure | Leave


def plan(wanted: Sequence[Topic], found: Mapping[str, Found]) -> list[Step]:
    """The steps that bring a broker nearer to what is declared, and what is left alone; empty where nothing differs."""
    return [step for topic in wanted for step in _steps(topic, found.get(topic.name))]


def _steps(topic: Topic, found: Found | None) -> Iterator[Step]:
    if found is None:
        yield Create(topic)
        return
    if topic.frozen and found.partitions != topic.partitions:
        yield Leave(topic.name, "partitions", str(found.partitions), str(topic.partitions),
                    f"the count is frozen: {topic.frozen}", _other_partitions(topic, found))  # fmt: skip
    if found.replication != topic.replication:
        yield Leave(topic.name, "replication", str(found.replication), str(topic.replication),
                    "moving replicas copies whole partitions between brokers, at a time that only you can choose",
                    f"kafka-reassign-partitions.sh, or accept it: TIPSTAFF_TOPICS_REPLICATION={found.replication}"
                    )  # fmt: skip
    for key, value in (topic.configs | in_sync(found.replication)).items():
        if found.configs.get(key) != value:
            yield _config(topic.name, key, found.configs.get(key), value)


def _other_partitions(topic: Topic, found: Found) -> str:
    fresh = "a fresh name for it (TIPSTAFF_TOPIC_…, with fresh ones for snapshots and group) and apply again"
    return f"keep to {found.partitions} (TIPSTAFF_TOPICS_PARTITIONS, fewer workers), or choose {fresh}"


def _config(name: str, key: str, was: str | None, wanted: str) -> Step:
    if was is None:
        return Leave(name, key, "unknown to this broker", wanted, "the broker is older than this setting",
                     "run Kafka 3.6 or newer")  # fmt: skip
    lost = _lost(key, was, wanted)
    if not lost:
        return Configure(name, key, was, wanted)
    return Leave(name, key, was, wanted, lost,
                 "if that is meant: kafka-configs.sh --alter --entity-type topics "
                 f"--entity-name {name} --add-config {key}={wanted}")  # fmt: skip


def _lost(key: str, was: str, wanted: str) -> str:
    """What a change would delete; empty if nothing."""
    if key in ("retention.ms", "retention.bytes") and _reach(wanted) < _reach(was):
        return "records that are still kept would be deleted"
    if key == "cleanup.policy" and "delete" in wanted and "delete" not in was:
        return "records would be deleted by age that are kept now"
    return ""


def _reach(limit: str) -> float:
    return math.inf if limit.startswith("-") else float(limit)
