"""Repeated log lines, spared: the first of each kind at once, those that follow as one line now and then."""

from __future__ import annotations

from collections.abc import Callable

EVERY_S = 10.0
"""Of one kind at most a line in so long."""

MOST_AT_ONCE = 100
"""Single lines at once; of more only their number is told."""


class Sparing:
    """Counts records by kind. clock: seconds that never fall; say: hears how many there were since its last line of
    that kind, and fields of the newest of them. The kinds must be a closed set.
    """

    def __init__(self, clock: Callable[[], float], say: Callable[..., None]) -> None:
        self._clock, self._say = clock, say
        self._said_s: dict[str, float] = {}
        self._waiting: dict[str, tuple[int, dict[str, object]]] = {}

    def count(self, kind: str, records: int = 1, /, **fields: object) -> None:
        """So many more of a kind."""
        self._waiting[kind] = self._waiting.get(kind, (0, {}))[0] + records, fields

    def look(self) -> None:
        """Say what is due; to be called again and again, also where there is nothing new."""
        now_s = self._clock()
        for kind in [kind for kind in self._waiting if now_s - self._said_s.get(kind, -EVERY_S) >= EVERY_S]:
            records, fields = self._waiting.pop(kind)
            self._said_s[kind] = now_s
            self._say(records=records, **fields)
