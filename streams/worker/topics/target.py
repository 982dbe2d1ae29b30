"""Topics as they are: how many partitions, whose stamps, how large a record may be."""

from __future__ import annotations

from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.topics.admin import Admin
from streams.worker.topics.refusals import refused

_STAMPS, _LONGEST = "message.timestamp.type", "max.message.bytes"


@dataclass(frozen=True)
class Target:
    """A topic to write into. history: it keeps its producers' stamps. longest: bytes of a record batch at most."""

    name: str
    partitions: int
    history: bool
    longest: int


def missing(topic: str) -> KafkaRefused:
    """That there is no such topic, and how to get it."""
    return KafkaRefused(f"there is no topic {topic}: tipstaff topics apply creates what tipstaff needs; check the name")


def partitions_of(admin: KafkaAdminClient, kafka: KafkaSettings) -> dict[str, int]:
    """Every topic that can be seen, and how many partitions it has. Raises KafkaRefused."""
    try:
        return {one["name"]: len(one["partitions"]) for one in admin.describe_topics() if not one["error_code"]}
    except KafkaError as error:
        raise refused(error, kafka, "list its topics") from None


def target_of(admin: Admin, topic: str) -> Target:
    """A topic that exists. Raises KafkaRefused."""
    found = admin.topics([topic]).get(topic)
    if found is None:
        raise missing(topic)
    stamped = found.configs[_STAMPS] == "CreateTime"
    return Target(topic, found.partitions, stamped, int(found.configs[_LONGEST]))


def check(target: Target, history: bool) -> None:
    """Refuse to write the files' stamps where the broker stamps, or none where they are needed. Raises KafkaRefused."""
    if history and not target.history:
        raise KafkaRefused(f"{target.name} stamps records as they arrive ({_STAMPS}=LogAppendTime): the files' own "
                           "stamps would be lost. Leave out --history, or give --topic with a history topic "
                           "(TIPSTAFF_TOPIC_EVENTS_HISTORY=true, then tipstaff topics apply)")  # fmt: skip
    if target.history and not history:
        raise KafkaRefused(f"{target.name} is a history topic ({_STAMPS}=CreateTime): it needs the files' stamps. "
                           "Give --history, or --topic with a live topic")  # fmt: skip
