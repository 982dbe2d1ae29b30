"""What a pass over history read: events, dead letters by reason, stream time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from features.ticks import DAY_MS
from streams.dead_letters import Buried


@dataclass
class Summary:
    """Counts of one pass. first, last: ms; unread: blocks of events too old to matter, only glanced at; skipped: what
    the files held besides that is no event.

    examples: the first dead letter of each reason.
    """

    events: int = 0
    unread: int = 0
    skipped: int = 0
    first: int | None = None
    last: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Buried] = field(default_factory=dict)

    @property
    def bad(self) -> int:
        """Dead letters."""
        return self.dead.total()

    @property
    def records(self) -> int:
        """Events and dead letters."""
        return self.events + self.bad

    @property
    def days(self) -> float:
        """From the first event to the last, in days."""
        return 0.0 if self.first is None else (self.last - self.first) / DAY_MS

    def add(self, times: pl.Series, dead: Sequence[Buried], skipped: int) -> None:
        """Count events by their times or stamps (Int64 ms), dead letters, and what is no event."""
        self.events += len(times)
        self.skipped += skipped
        if len(times):
            first, last = int(times.min()), int(times.max())  # type: ignore[arg-type]  # ms, since it is not empty
            self.first = first if self.first is None else min(self.first, first)
            self.last = max(self.last, last)
        for one in dead:
            self.dead[one.reason] += 1
            self.examples.setdefault(one.reason, one)

    def skip(self) -> None:
        """Count a block that was not read."""
        self.unread += 1
