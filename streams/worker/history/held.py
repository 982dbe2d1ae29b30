"""What a topic of events holds, and whether anything can be learnt from it."""

from __future__ import annotations

from dataclasses import dataclass

from streams.alert_lines import rfc3339
from streams.worker.connection import KafkaRefused
from streams.worker.topics.admin import Admin
from streams.worker.topics.target import missing


@dataclass(frozen=True)
class Held:
    """A topic with records in it. newest: the greatest stamp among them, ms."""

    topic: str
    partitions: int
    newest: int

    def nothing(self, since: int | None, until: int | None) -> KafkaRefused:
        """That no record lies between two stamps (ms)."""
        spans = [f"{word} {rfc3339(at)}" for word, at in (("from", since), ("up to", until)) if at is not None]
        return KafkaRefused(f"topic {self.topic} holds no record {' '.join(spans)}: its newest is stamped "
                            f"{rfc3339(self.newest)}")  # fmt: skip


def held_by(admin: Admin, topic: str) -> Held:
    """A topic to learn from. Raises KafkaRefused where there is none, nothing in it, or only what compaction left."""
    found = admin.topics([topic]).get(topic)
    if found is None:
        raise missing(topic)
    if "compact" in found.configs["cleanup.policy"]:
        raise KafkaRefused(f"topic {topic} is compacted (cleanup.policy={found.configs['cleanup.policy']}): of each "
                           "account only the newest events are left, and nobody learns from those what is usual. Give "
                           "--topic with one that keeps its records")  # fmt: skip
    firsts, ends = admin.bounds(topic, found.partitions)
    newest = admin.newest(topic, found.partitions)
    if not any(ends.values()):
        raise KafkaRefused(f"topic {topic} is empty: nothing was ever written into it (tipstaff bridge and tipstaff "
                           "produce bring events)")  # fmt: skip
    if firsts == ends or not newest:
        raise KafkaRefused(f"topic {topic} is empty: of the {sum(ends.values()):,} records it had, retention "
                           "(retention.ms) left none")  # fmt: skip
    return Held(topic, found.partitions, max(newest.values()))
