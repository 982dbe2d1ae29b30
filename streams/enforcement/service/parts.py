"""What a term is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from streams.enforcement.enforcer import Enforcer
from streams.enforcement.outbox.delivery import Sink
from streams.enforcement.service.figures import Figures
from streams.enforcement.service.following import Following
from streams.enforcement.service.standing import Standing
from streams.enforcement.telemetry import EnforceTelemetry
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names

Keep = Callable[[int], None]
"""Something to do again and again, at a time in ms."""


@dataclass(frozen=True)
class Parts:
    """What a term is made of. checkpoint: signs the audit where that is due; from_end: see Desk."""

    kafka: KafkaSettings
    names: Names
    enforcer: Enforcer
    sinks: Sequence[Sink]
    figures: Figures
    telemetry: EnforceTelemetry
    standing: Standing
    clock_ms: Callable[[], int]
    log: Any
    checkpoint: Keep
    following: Following
    from_end: frozenset[str] = frozenset()

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that are read."""
        names = self.names
        return names.alerts, names.restricted_alerts, names.commands, names.facts
