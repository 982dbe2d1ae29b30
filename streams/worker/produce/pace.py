"""How long to wait so that a rate is kept."""

from __future__ import annotations

from collections.abc import Callable

_CAUGHT_UP_S = 1.0
_SLICE_S = 0.1
_MOST_ROWS = 10_000


class Pace:
    """So many events a second, None for as fast as it goes; `clock` in seconds.

    Where the broker was slow, at most a second's worth is caught up: what follows must not come as a flood.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float]) -> None:
        self._rate, self._clock = rate, clock
        self._begun = clock()

    @property
    def at_once(self) -> int:
        """How many events to send between two waits."""
        return _MOST_ROWS if self._rate is None else min(max(int(self._rate * _SLICE_S), 1), _MOST_ROWS)

    def wait_s(self, sent: int) -> float:
        """Seconds until the next events are due, after `sent` of them."""
        if self._rate is None:
            return 0.0
        late = self._clock() - self._begun - sent / self._rate
        self._begun += max(late - _CAUGHT_UP_S, 0.0)
        return max(-late, 0.0)
