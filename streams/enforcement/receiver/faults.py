"""What can go wrong at a receiver, done on purpose: for tests of whoever sends to it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """error: 500; busy: 429 with Retry-After; down: the connection is closed unread; drop: applied, and the connection
    closed without an answer; silent: nothing is applied and nothing answered for longer than the sender waits; late:
    the same, but applied.
    """

    ERROR = "error"
    BUSY = "busy"
    DOWN = "down"
    DROP = "drop"
    SILENT = "silent"
    LATE = "late"


@dataclass(frozen=True)
class Planned:
    """A fault that comes. retry_after_s: what a busy receiver asks for, in seconds."""

    fault: Fault
    retry_after_s: int = 1


class Faults:
    """The faults of the next requests, one each, in order; then none. Safe to use from several threads."""

    def __init__(self, *planned: Planned) -> None:
        self._planned = deque(planned)
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.shown: list[Fault] = []

    def add(self, *planned: Planned) -> None:
        """Plan more."""
        with self._lock:
            self._planned.extend(planned)

    def next(self) -> Planned | None:
        """The fault of the request that just came."""
        with self._lock:
            if not self._planned:
                return None
            found = self._planned.popleft()
            self.shown.append(found.fault)
            return found

    def hold(self, most_s: float = 60) -> None:
        """Keep a silent request waiting until released."""
        self._released.wait(most_s)

    def release(self) -> None:
        """Let all silent requests end, those to come at once."""
        self._released.set()
