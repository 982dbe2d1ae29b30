"""When a state is to be kept next."""

from __future__ import annotations

from collections.abc import Callable


class Keeping:
    """Due every so often, the first time sooner; seconds, by a clock that never falls."""

    def __init__(self, clock: Callable[[], float], every_s: float, first_s: float) -> None:
        self._clock, self._every_s = clock, every_s
        self._kept_at = clock() - max(every_s - first_s, 0)

    @property
    def due(self) -> bool:
        """Whether the last time is long enough ago."""
        return self._clock() - self._kept_at >= self._every_s

    def kept(self) -> None:
        """It is kept now."""
        self._kept_at = self._clock()
