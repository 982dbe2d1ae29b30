"""How a source stands: up or not and why, said once a change; and how long it waits before it tries again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.dead_letters import clipped
from streams.log_events import LogEvent
from streams.worker.bridge.telemetry import BridgeTelemetry

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
STILL_S = 300.0
"""A source that has not moved for longer, not even to wait, is stuck (s)."""

_REASON = 500


class Standing:
    """One source's standing. clock: seconds that never fall. log: a structlog logger."""

    def __init__(self, name: str, telemetry: BridgeTelemetry, log: Any, clock: Callable[[], float]) -> None:
        self.name, self.up, self.reason = name, False, "starting"
        self._telemetry, self.log, self._clock = telemetry, log, clock
        self._wait, self._moved = FIRST_WAIT_S, clock()

    def move(self) -> None:
        """It still does something."""
        self._moved = self._clock()

    @property
    def still_s(self) -> float:
        """How long it has done nothing, not even waited (s)."""
        return self._clock() - self._moved

    def rise(self) -> None:
        """It took records, or found none, and nothing was wrong."""
        self.move()
        self._wait = FIRST_WAIT_S
        if not self.up:
            self.up, self.reason = True, ""
            self._telemetry.up.labels(self.name).set(1)
            self.log.info(LogEvent.SOURCE_UP, source=self.name)

    def fall(self, reason: str) -> float:
        """It cannot go on; returns how long to wait (s), doubled from time to time."""
        self.move()
        reason, wait = clipped(reason, _REASON), self._wait
        self._telemetry.failures.labels(self.name).inc()
        self._wait = min(wait * 2, LONGEST_WAIT_S)
        if self.up or reason != self.reason:
            self.log.error(LogEvent.SOURCE_DOWN, source=self.name, reason=reason,
                           retry="in 1 s, then ever later, at most every 60 s")  # fmt: skip
        self.up, self.reason = False, reason
        self._telemetry.up.labels(self.name).set(0)
        return wait

    def tell(self) -> dict[str, object]:
        """What a health check shows."""
        return {"up": self.up} if self.up else {"up": False, "reason": self.reason}
