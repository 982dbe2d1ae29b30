"""What the log tells of a partition's work: each alert, and dead letters by reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from detectors.alert import Alert
from streams.dead_letters import Buried
from streams.log_events import LogEvent, Tell
from streams.runner import Chunk
from streams.sparing import MOST_AT_ONCE, Sparing
from streams.worker.part import Part


def saying(told: Tell, part: Part) -> Callable[[Chunk, Sequence[Alert]], None]:
    """What a part calls with each chunk and its new alerts; of dead letters, those that no one told of before."""
    one = Saying(told, part.log.partition)

    def settled(chunk: Chunk, alerts: Sequence[Alert]) -> None:
        one.settled(alerts, [letter for letter in chunk.dead if letter.record >= part.outlet.live_from])

    return settled


class Saying:
    """Says what became of one partition's chunks, once that is durable. clock: seconds that never fall."""

    def __init__(self, told: Tell, partition: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._told, self._partition = told, partition
        self._dead = Sparing(clock, self._say_dead)

    def settled(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> None:
        """New alerts and new dead letters of a chunk."""
        for one in alerts[:MOST_AT_ONCE]:
            self._told(LogEvent.ALERT_RAISED, alert=one.id, revision=one.revision, rule=one.detector,
                       clause=one.clause, severity=one.severity, kind=one.kind, partition=self._partition)  # fmt: skip
        if len(alerts) > MOST_AT_ONCE:
            self._told(LogEvent.MORE_ALERTS, alerts=len(alerts) - MOST_AT_ONCE, partition=self._partition)
        for reason, records in Counter(one.reason for one in dead).items():
            self._dead.count(reason, records, reason=reason)
        self._dead.look()

    def _say_dead(self, records: int, reason: str) -> None:
        self._told(LogEvent.DEAD_LETTERS, partition=self._partition, reason=reason, records=records)
