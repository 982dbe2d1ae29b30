"""What must be true of the topics before a worker begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.names import Names
from streams.worker.topics.admin import open_admin

_STAMPS = "message.timestamp.type"


@dataclass(frozen=True)
class Partitions:
    """How many partitions the topics of events and of ties have."""

    events: int
    ties: int = 1


def preflight(kafka: KafkaSettings, names: Names, snapshots_in_topic: bool, tell: Callable[[str], None]) -> Partitions:
    """How many partitions there are. Blocks for `patience_s` at most. Raises KafkaRefused."""
    needed = [names.events, names.ties, names.dead_letters, names.packs, names.alerts, names.restricted_alerts,
              *([names.snapshots] if snapshots_in_topic else [])]  # fmt: skip
    with open_admin(kafka, tell) as admin:
        found = admin.topics(needed)
    missing = [name for name in needed if name not in found]
    if missing:
        raise KafkaRefused(f"there is no topic {', '.join(missing)}: run tipstaff topics apply")
    events = found[names.events]
    _check_stamps(names, events.configs[_STAMPS] == "LogAppendTime")
    needed_there = max(events.partitions, found[names.ties].partitions)
    if snapshots_in_topic and found[names.snapshots].partitions < needed_there:
        raise KafkaRefused(
            f"{names.snapshots} has {found[names.snapshots].partitions} partitions, and {names.events} or {names.ties} "
            f"{needed_there}: the snapshot of partition p lies in its partition p. Make it anew with as many."
        )
    return Partitions(events.partitions, found[names.ties].partitions)


def _check_stamps(names: Names, by_broker: bool) -> None:
    if by_broker and names.events_history:
        raise KafkaRefused(f"{names.events} is stamped by the broker ({_STAMPS}=LogAppendTime), and "
                           "TIPSTAFF_TOPIC_EVENTS_HISTORY says its producers stamp it: unset that")  # fmt: skip
    if not by_broker and not names.events_history:
        raise KafkaRefused(f"{names.events} is stamped by its producers ({_STAMPS}=CreateTime), who could choose their "
                           "time: run tipstaff topics apply, or, for a history topic, set "
                           "TIPSTAFF_TOPIC_EVENTS_HISTORY=true")  # fmt: skip
