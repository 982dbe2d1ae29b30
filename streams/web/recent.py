"""What a process took in lately, minute by minute of stream time, for the built-in page."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

KEPT = 360
"""Minutes that are kept."""

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Minute:
    """One minute's counts. at_ms: when it began, in stream time."""

    at_ms: int
    events: Mapping[str, int]
    alerts: Mapping[str, int]
    dead: int


class Recent:
    """The last minutes that anything came in; written by one thread, read by others."""

    def __init__(self) -> None:
        self._minutes: deque[Minute] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def note(self, stream_ms: int, events: Mapping[str, int], alerts: Mapping[str, int], dead: int) -> None:
        """Count what one chunk brought: events by type, alerts by severity, dead letters."""
        at_ms = stream_ms - stream_ms % MINUTE_MS
        with self._lock:
            before = self._minutes.pop() if self._minutes and self._minutes[-1].at_ms == at_ms else None
            self._minutes.append(Minute(
                at_ms, _sum(before.events if before else {}, events), _sum(before.alerts if before else {}, alerts),
                dead + (before.dead if before else 0),
            ))  # fmt: skip

    def minutes(self) -> list[Minute]:
        """In order of time; minutes in which nothing came are not there."""
        with self._lock:
            return list(self._minutes)


def _sum(some: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: some.get(name, 0) + more.get(name, 0) for name in some.keys() | more.keys()}
