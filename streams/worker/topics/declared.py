"""The topics there are: each declared once, with what it must be like."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.worker.connection import KafkaRefused
from streams.worker.names import Names

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000  # ms
_MIB = 1024 * 1024
_EVER = str(2**63 - 1)
LEAST_PARTITIONS = 48
PARTITIONS_A_WORKER = 4
_FEW = 12
REPLICAS = 3


class Shape(BaseSettings):
    """How many and how long (TIPSTAFF_TOPICS_…).

    partitions: of the events topic; else 4 for each of `workers`, at least 48. replication: else 3, or one for each
    broker where there are fewer. retention_days: how long events are kept.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_TOPICS_")

    workers: int = Field(default=1, ge=1, le=1_000)
    partitions: int | None = Field(default=None, ge=1, le=10_000)
    replication: int | None = Field(default=None, ge=1, le=32)
    retention_days: float = Field(default=7.0, gt=0, le=36_500)


@dataclass(frozen=True)
class Topic:
    """A topic as it must be.

    frozen: why it cannot have another number of partitions; empty where any number does.
    """

    name: str
    partitions: int
    replication: int
    configs: dict[str, str]
    frozen: str = ""


def in_sync(replication: int) -> dict[str, str]:
    """How many replicas must have a record before it counts as written: one may be down where there are three."""
    return {"min.insync.replicas": "2" if replication >= REPLICAS else "1"}


def declared(names: Names, shape: Shape, brokers: int, existing: int | None) -> list[Topic]:
    """Every topic. existing: partitions that the events topic already has. Raises KafkaRefused."""
    _distinct(names)
    events = _partitions(shape, existing)
    replicas, few = _replicas(shape, brokers), min(_FEW, existing or events)
    shapes = {
        names.events: (events, _events(names, shape), "accounts would hash elsewhere, and their windows would break"),
        names.dead_letters: (few, _log(7, "lz4"), ""),
        names.snapshots: (existing or events, _table(_SNAPSHOTS), "partition p holds the snapshots of partition p"),
        names.packs: (1, _table({"max.message.bytes": str(8 * _MIB)}), "packs are taken up in the order published"),
        names.ties: (few, _log(7), ""),
        names.facts: (few, _table({}), ""),
        names.alerts: (few, _log(30), ""),
        names.restricted_alerts: (few, _log(30), ""),
        names.commands: (1, _log(7), "commands are obeyed in the order given"),
        names.decisions: (few, _log(90), ""),
    }  # fmt: skip
    return [Topic(name, partitions, replicas, configs | in_sync(replicas), frozen)
            for name, (partitions, configs, frozen) in shapes.items()]  # fmt: skip


def _distinct(names: Names) -> None:
    """Refuse two topics of one name: what is written into one would be read from the other."""
    called = names.model_dump(exclude={"group", "events_history"})
    for name, times in Counter(called.values()).items():
        if times > 1:
            both = " and ".join(f"TIPSTAFF_TOPIC_{field.upper()}" for field in called if called[field] == name)
            raise KafkaRefused(f"{both} are both {name!r}: give every topic a name of its own")


def _partitions(shape: Shape, existing: int | None) -> int:
    """Of the events topic: what was asked for, what is there if it is enough, or the default."""
    least = PARTITIONS_A_WORKER * shape.workers
    if shape.partitions is None:
        return max(existing or LEAST_PARTITIONS, least)
    if shape.partitions < least:
        raise KafkaRefused(
            f"{shape.partitions} partitions are too few for {shape.workers} worker{'s' * (shape.workers > 1)}: "
            "they are dealt out whole and their number is frozen, "
            f"so take at least {least} ({PARTITIONS_A_WORKER} each), or plan for fewer workers"
        )
    return shape.partitions


def _replicas(shape: Shape, brokers: int) -> int:
    if shape.replication is None:
        return min(REPLICAS, brokers)
    if shape.replication > brokers:
        raise KafkaRefused(f"a replication of {shape.replication} needs as many brokers; there are {brokers}: "
                           "start more, or ask for less (--replication, TIPSTAFF_TOPICS_REPLICATION)")  # fmt: skip
    return shape.replication


_ALWAYS = {
    "message.timestamp.type": "LogAppendTime",  # no producer may move stream time, or keep a record from ageing
    "max.message.bytes": str(_MIB),
    "compression.type": "producer",
    "unclean.leader.election.enable": "false",  # else what was acknowledged may be lost
}

_SNAPSHOTS = {
    "segment.bytes": str(64 * _MIB),
    "max.compaction.lag.ms": str(30 * _MINUTE),
}
"""Written anew every 30 to 60 s: small segments, and none stays uncleaned for long."""


def _log(days: float, compression: str = "producer") -> dict[str, str]:
    """Kept for so many days, and at most one more: only whole segments are deleted."""
    return _ALWAYS | {
        "cleanup.policy": "delete", "retention.ms": str(round(days * _DAY)), "retention.bytes": "-1",
        "segment.ms": str(_DAY), "compression.type": compression,
    }  # fmt: skip


def _events(names: Names, shape: Shape) -> dict[str, str]:
    """Live: the broker's stamps. History: the producers', so that age says nothing of when a record may go."""
    live = _log(shape.retention_days, "lz4")  # lz4 unpacks to 243 times its size at most, zstd to 32,000 times
    if not names.events_history:
        return live
    return live | {
        "message.timestamp.type": "CreateTime", "message.timestamp.before.max.ms": _EVER,
        "message.timestamp.after.max.ms": str(_HOUR), "retention.ms": "-1", "segment.ms": str(7 * _DAY),
    }  # fmt: skip


def _table(special: dict[str, str]) -> dict[str, str]:
    """Of each key the newest: cleaned soon, though not under the hands of who is just reading."""
    return _ALWAYS | {
        "cleanup.policy": "compact", "segment.bytes": str(16 * _MIB), "segment.ms": str(10 * _MINUTE),
        "min.cleanable.dirty.ratio": "0.1", "min.compaction.lag.ms": str(5 * _MINUTE),
        "max.compaction.lag.ms": str(_DAY), "delete.retention.ms": str(_HOUR),
    } | special  # fmt: skip
