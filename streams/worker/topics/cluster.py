"""The topics declared, beside those of one cluster."""

from __future__ import annotations

from collections.abc import Sequence

from streams.worker.connection import KafkaRefused
from streams.worker.names import Names
from streams.worker.topics.admin import Admin
from streams.worker.topics.declared import Shape, declared
from streams.worker.topics.drift import Configure, Create, Step, plan


class Cluster:
    """What differs on a cluster, and the steps taken against it. Everything raises KafkaRefused."""

    def __init__(self, admin: Admin, names: Names, shape: Shape) -> None:
        self._admin, self._names, self._shape = admin, names, shape
        self.brokers = admin.brokers()

    def steps(self) -> list[Step]:
        """What differs just now."""
        events = self._admin.topics([self._names.events]).get(self._names.events)
        wanted = declared(self._names, self._shape, self.brokers, events.partitions if events else None)
        return plan(wanted, self._admin.topics([topic.name for topic in wanted]))

    def apply(self, steps: Sequence[Step]) -> dict[str, KafkaRefused]:
        """Take the steps; what could not be done, by topic, hinders no other."""
        missing = [step.topic for step in steps if isinstance(step, Create)]
        made = self._admin.create(missing) if missing else {}
        failed = {name: trouble for name, trouble in made.items() if trouble is not None}
        changes = [step for step in steps if isinstance(step, Configure)]
        for name in dict.fromkeys(step.name for step in changes):
            try:
                self._admin.configure(name, [step for step in changes if step.name == name])
            except KafkaRefused as refused:
                failed[name] = refused
        return failed
