"""How often something may be tried: a bucket of attempts that fills again by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Attempts:
    """most: attempts at once; per_s: how many come back each second; clock_s: seconds, monotonic."""

    def __init__(self, most: float, per_s: float, clock_s: Callable[[], float]) -> None:
        self._most, self._per_s, self._clock_s = most, per_s, clock_s
        self._left, self._at_s = most, clock_s()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Use one; gives 0.0, or for how many seconds there is none."""
        with self._lock:
            now = self._clock_s()
            self._left = min(self._most, self._left + (now - self._at_s) * self._per_s)
            self._at_s = now
            if self._left < 1:
                return (1 - self._left) / self._per_s
            self._left -= 1
            return 0.0
