"""What a broker is asked about topics and groups, and told to do with topics: kafka-python's admin client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource
from kafka.errors import (
    KafkaError,
    NoError,
    RetriableError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.protocol.consumer import OffsetSpec

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.topics.declared import Topic
from streams.worker.topics.drift import Configure, Found
from streams.worker.topics.reaching import Tell, reached
from streams.worker.topics.refusals import refused

_PAUSE_S = 0.2
T = TypeVar("T")

Offsets = dict[int, int]
"""Offsets by partition."""


@contextmanager
def open_admin(kafka: KafkaSettings, tell: Tell = lambda line: None) -> Iterator[Admin]:
    """A connection to ask over, closed in the end; `tell` hears why it takes long. Raises KafkaRefused."""
    client = reached(kafka, tell)
    try:
        yield Admin(client, kafka)
    finally:
        client.close()


class Admin:
    """Questions and orders to a broker: each is tried for `patience_s` where that can help. Raises KafkaRefused."""

    def __init__(self, client: KafkaAdminClient, kafka: KafkaSettings) -> None:
        self._client, self._kafka = client, kafka

    def brokers(self) -> int:
        """How many brokers the cluster has."""
        return len(self._ask("describe the cluster", self._client.describe_cluster)["brokers"])

    def topics(self, names: Sequence[str]) -> dict[str, Found]:
        """Those of the topics that are there."""
        partitions = {}
        for one in self._ask("describe topics", lambda: self._client.describe_topics(list(names))):
            error = for_code(one["error_code"])
            if one["error_code"] == 0:
                partitions[one["name"]] = one["partitions"]
            elif error is not UnknownTopicOrPartitionError:
                raise refused(error(), self._kafka, f"describe topic {one['name']}")
        configs = self._configs(list(partitions))
        return {name: Found(len(each), min(len(one["replica_nodes"]) for one in each), configs[name])
                for name, each in partitions.items()}  # fmt: skip

    def _configs(self, names: list[str]) -> dict[str, dict[str, str]]:
        asked = [ConfigResource("TOPIC", name) for name in names]
        if not asked:
            return {}
        answer = self._ask("describe configs", lambda: self._client.describe_configs(asked, config_filter="all"))
        for name, configs in answer["topic"].items():
            if not configs:  # kafka-python drops the error that stands in their place
                raise KafkaRefused(f"the configs of topic {name} may not be read at {self._kafka.bootstrap}: "
                                   "allow DescribeConfigs on it with kafka-acls.sh")  # fmt: skip
        return {name: {key: config["value"] for key, config in configs.items()}
                for name, configs in answer["topic"].items()}  # fmt: skip

    def create(self, topics: Sequence[Topic]) -> dict[str, KafkaRefused | None]:
        """Make topics and wait until they can be used; those that could not be made are told with the reason.

        One that is there already, made by somebody else meanwhile, is no error.
        """
        wanted = {one.name: {"num_partitions": one.partitions, "replication_factor": one.replication,
                             "configs": dict(one.configs)} for one in topics}  # fmt: skip
        answer = self._ask("create topics", lambda: self._client.create_topics(wanted, raise_errors=False))
        told = {one["name"]: self._not_made(one) for one in answer["topics"]}
        there = [name for name, trouble in told.items() if trouble is None]
        self._ask("create topics", lambda: self._client.wait_for_topics(there))
        return told

    def _not_made(self, answer: Mapping[str, Any]) -> KafkaRefused | None:
        error = for_code(answer["error_code"])
        if error in (NoError, TopicAlreadyExistsError):
            return None
        return refused(error(answer["error_message"] or ""), self._kafka, f"create topic {answer['name']}")

    def configure(self, name: str, changes: Sequence[Configure]) -> None:
        """Set some configs of a topic; its others stay."""
        doing = f"set {', '.join(change.key for change in changes)} of topic {name}"
        asked = [ConfigResource("TOPIC", name, {change.key: change.wanted for change in changes})]
        answer = self._ask(doing, lambda: self._client.alter_configs(asked, raise_on_unknown=False, incremental=True))
        if answer["topic"][name] != "OK":
            raise KafkaRefused(f"Kafka at {self._kafka.bootstrap} could not {doing}: {answer['topic'][name]}")

    def bounds(self, topic: str, partitions: int) -> tuple[Offsets, Offsets]:
        """The first offset that is there, and the one that the next record will get, by partition."""
        first, end = (self._offsets(topic, partitions, spec) for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST))
        return {p: one.offset for p, one in first.items()}, {p: one.offset for p, one in end.items()}

    def newest(self, topic: str, partitions: int) -> Offsets:
        """The greatest stamp (ms) of each partition that has records."""
        found = self._offsets(topic, partitions, OffsetSpec.MAX_TIMESTAMP)
        return {p: one.timestamp for p, one in found.items() if one.timestamp >= 0}

    def _offsets(self, topic: str, partitions: int, spec: OffsetSpec) -> Mapping[int, Any]:
        asked = {TopicPartition(topic, p): spec for p in range(partitions)}
        found = self._ask(f"list offsets of {topic}", lambda: self._client.list_partition_offsets(asked))
        return {tp.partition: one for tp, one in found.items()}

    def committed(self, group: str, topic: str) -> Offsets:
        """What the group has committed, by partition; those without are left out."""
        found = self._ask(f"read offsets of group {group}", lambda: self._client.list_group_offsets([group]))
        return {tp.partition: one.offset for tp, one in found[group].items() if tp.topic == topic and one.offset >= 0}

    def owners(self, group: str, topic: str) -> dict[int, str]:
        """Who of the group reads which partition just now: its instance, or its client's name, and its host."""
        found = self._ask(f"describe group {group}", lambda: self._client.describe_groups([group]))[group]
        if found["group_state"] == "Dead":  # nobody has used this name yet
            return {}
        if found["error"]:
            raise KafkaRefused(f"group {group} cannot be described at {self._kafka.bootstrap}: {found['error']}")
        return {p: f"{one.get('group_instance_id') or one['client_id']} {one['client_host']}"
                for one in found["members"] for p in _assigned(one["member_assignment"], topic)}  # fmt: skip

    def _ask(self, doing: str, call: Callable[[], T]) -> T:
        until = time.monotonic() + self._kafka.patience_s
        while True:
            try:
                return call()
            except KafkaError as error:
                if not isinstance(error, RetriableError) or time.monotonic() > until:
                    raise refused(error, self._kafka, doing) from None
            time.sleep(_PAUSE_S)


def _assigned(assignment: Any, topic: str) -> list[int]:
    """The partitions of a topic that a member was given; none where the group is just dealing them out."""
    if not isinstance(assignment, dict):
        return []
    return [p for one in assignment["assigned_partitions"] if one["topic"] == topic for p in one["partitions"]]
