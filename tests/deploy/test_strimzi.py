"""Strimzi's topics are the declared ones, and its users may do what they need and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.worker.names import Names
from streams.worker.topics.declared import Shape, declared

_STRIMZI = Path(__file__).parents[2] / "deploy/strimzi"
_NAMES = Names()
_GROUPS = {_NAMES.group, f"{_NAMES.group}-clusters", f"{_NAMES.group}-bridge-"}
_RESTRICTED = {"tipstaff-worker": {"Write"}, "tipstaff-clusters": {"Write"}, "tipstaff-enforce": {"Read"}}


def _documents(name: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all((_STRIMZI / name).read_text()) if one]


def _acls() -> list[tuple[str, dict[str, Any], set[str]]]:
    """User, resource, operations."""
    return [(user["metadata"]["name"], acl["resource"], set(acl["operations"]))
            for user in _documents("users.yaml") for acl in user["spec"]["authorization"]["acls"]]  # fmt: skip


def test_topics_are_the_declared_ones() -> None:
    """Name, partitions, replicas and settings of each, for twelve workers on three brokers."""
    wanted = {one.name: (one.partitions, one.replication, one.configs)
              for one in declared(_NAMES, Shape(workers=12, partitions=48, replication=3), 3, None)}  # fmt: skip
    found = {one["metadata"]["name"]: (one["spec"]["partitions"], one["spec"]["replicas"], one["spec"]["config"])
             for one in _documents("topics.yaml")}  # fmt: skip
    assert found == wanted


def test_every_right_is_to_something_that_is_there() -> None:
    """A topic is a declared one, a group one that we are in; the one transactional id is the redrive's."""
    topics = {one["metadata"]["name"] for one in _documents("topics.yaml")}
    for user, resource, operations in _acls():
        known = {"topic": topics, "group": _GROUPS, "transactionalId": {"tipstaff-redrive."}}[resource["type"]]
        assert resource["name"] in known, user
        assert operations <= {"Read", "Write", "Describe", "DescribeConfigs"}, user
        prefixed = resource["name"].endswith(("-", "."))
        assert resource["patternType"] == ("prefix" if prefixed else "literal"), user


@pytest.mark.parametrize("operation", ["Read", "Write"])
def test_childrens_safety_is_read_by_enforcement_alone(operation: str) -> None:
    """Restricted alerts are written by the two stages and read by enforcement; nobody else has either right."""
    having = {user for user, resource, operations in _acls()
              if resource["name"] == _NAMES.restricted_alerts and operation in operations}  # fmt: skip
    assert having == {user for user, operations in _RESTRICTED.items() if operation in operations}


def test_who_may_write_is_as_the_docs_say() -> None:
    """Each topic's writers: whoever could write alerts or commands could have accounts acted upon."""
    writers: dict[str, set[str]] = {}
    for user, resource, operations in _acls():
        if resource["type"] == "topic" and "Write" in operations:
            writers.setdefault(resource["name"], set()).add(user.removeprefix("tipstaff-"))
    assert writers == {
        _NAMES.events: {"gateway", "worker", "bridge", "enforce", "publisher", "redrive"},
        _NAMES.dead_letters: {"worker", "clusters", "bridge", "enforce", "redrive"},
        _NAMES.snapshots: {"worker", "clusters"},
        _NAMES.packs: {"worker", "clusters", "publisher"},
        _NAMES.ties: {"worker"},
        _NAMES.facts: {"facts"},
        _NAMES.alerts: {"worker", "clusters"},
        _NAMES.restricted_alerts: {"worker", "clusters"},
        _NAMES.commands: {"people"},
        _NAMES.decisions: {"enforce"},
    }


def test_all_belong_to_one_cluster() -> None:
    """Topics and users name the same Kafka, by the API that is still served."""
    every = _documents("topics.yaml") + _documents("users.yaml")
    assert {one["apiVersion"] for one in every} == {"kafka.strimzi.io/v1"}
    assert {one["metadata"]["labels"]["strimzi.io/cluster"] for one in every} == {"kafka"}
