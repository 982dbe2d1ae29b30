"""One reading of the topics: from where the ledger left off, poll by poll, each into one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detectors.alert import Alert
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.ledger.partitions import LONG_AGO_MS, know_partitions
from streams.enforcement.service.broken import as_refused
from streams.enforcement.service.consuming import Consuming, Unreadable
from streams.enforcement.service.intake import Intake, Poisonous, Taken, span_of
from streams.enforcement.service.pack_book import PackBook
from streams.enforcement.service.positions import Positions
from streams.enforcement.service.producing import Producing
from streams.enforcement.service.records import Item, Reader, Record, Refused
from streams.enforcement.service.saying import say_answers, say_decisions
from streams.enforcement.service.starts import Place, starts
from streams.enforcement.telemetry import EnforceTelemetry
from streams.log_events import LogEvent
from streams.sparing import Sparing
from streams.tracing import span
from streams.worker.names import Names
from streams.worker.transport.chunk import Broken

WAIT_MS = 250

FindBroken = Callable[[Mapping[Place, int]], Mapping[Place, Broken]]
"""Finds the broken batches that hold places up, by their next offsets. May raise KafkaRefused."""


@dataclass(frozen=True)
class Desk:
    """What records are taken in with. from_end: topics whose older records are left where they were never read."""

    enforcer: Enforcer
    intake: Intake
    reader: Reader
    book: PackBook
    producing: Producing
    names: Names
    find_broken: FindBroken
    from_end: frozenset[str] = frozenset()


class Reading:
    """Reads until something goes wrong; then another must begin, from what the ledger says. log: a structlog logger."""

    def __init__(self, desk: Desk, consuming: Consuming, telemetry: EnforceTelemetry, clock_ms: Callable[[], int],
                 log: Any) -> None:  # fmt: skip
        self._desk, self._consuming, self._telemetry = desk, consuming, telemetry
        self._clock_ms, self._log = clock_ms, log
        self._behind: dict[Place, int] = {}
        self._refused = Sparing(time.monotonic, self._say_refused)
        self._positions = Positions(desk.enforcer, desk.names.facts, telemetry, clock_ms, log)

    def begin(self) -> None:
        """Go to where the ledger left off. Facts come first: without them every account would need a person.

        Raises FencedOff, KafkaRefused, and what the database raises.
        """
        places = self._consuming.places()
        first, end = self._consuming.bounds(places)
        known = self._positions.known()
        found = starts(known, first, end, self._desk.from_end)
        self._positions.move({place: one for place, one in found.items() if known.get(place) != one.offset})
        self._consuming.read_from({place: one.offset for place, one in found.items()})
        facts = self._desk.names.facts
        self._behind = {place: last for place, last in end.items() if place[0] == facts and found[place].offset < last}
        if self._behind:
            self._consuming.only([facts])
        self._look_at_events(LONG_AGO_MS)
        self._desk.book.load()

    @property
    def catching_up(self) -> bool:
        """Whether account facts are still being read up to where they ended."""
        return bool(self._behind)

    def facts_are_enough(self) -> None:
        """Read everything from now on."""
        self._behind = {}
        self._consuming.only(None)

    def look(self) -> bool:
        """Show how much is unread; whether there are other partitions than those being read.

        Raises KafkaRefused, also where Kafka has fallen silent, which a poll does not tell.
        """
        at = self._consuming.at
        _, end = self._consuming.bounds(at)
        for topic in {place[0] for place in at}:
            unread = sum(max(end[place] - at[place], 0) for place in at if place[0] == topic)
            self._telemetry.unread.labels(topic).set(unread)
        self._look_at_events(self._clock_ms())
        return self._consuming.places() != set(at)

    def _look_at_events(self, since_ms: int) -> None:
        """Which partitions workers have to tell of. since_ms: since when those are there that the ledger knows not."""
        numbers = self._consuming.partitions(self._desk.names.events)
        if numbers:
            know_partitions(self._desk.enforcer.ledger, self._desk.names.events, numbers, since_ms, self._clock_ms())
        else:
            self._log.warning(LogEvent.EVENTS_UNSEEN, topic=self._desk.names.events)

    def turn(self) -> int:
        """Take in what comes next; how many records. Raises as `begin`, and OutOfOrder, Unreadable.

        After Unreadable another reading must begin: what surely cannot be read is passed over by then.
        """
        try:
            polled = self._consuming.poll(WAIT_MS)
        except Unreadable:
            self._pass_over()
            raise
        records = [one for some in polled.values() for one in some]
        self._refused.look()
        if records:
            with span("take", records=len(records)):
                self._take(polled, records)
            self._refused.look()
            self._consuming.passed({place: some[-1].offset + 1 for place, some in polled.items()})
            self._caught_up()
        return len(records)

    def _caught_up(self) -> None:
        at, was = self._consuming.at, bool(self._behind)
        self._behind = {place: last for place, last in self._behind.items() if at[place] < last}
        if was and not self._behind:
            self.facts_are_enough()

    def _take(self, polled: Mapping[Place, Sequence[Record]], records: Sequence[Record]) -> None:
        read = [self._desk.reader.read(one) for one in records]
        refused = [one for one in read if isinstance(one, Refused)]
        items, unknown = self._desk.book.sift([one for one in read if isinstance(one, Item)], self._clock_ms())
        self._settle(polled, items, refused + unknown, frozenset())

    def _settle(self, polled: Mapping[Place, Sequence[Record]], items: Sequence[Item], refused: Sequence[Refused],
                buried: frozenset[tuple[str, int, int]]) -> None:  # fmt: skip
        """Dead letters first: once the ledger says that a record is passed, nobody reads it again."""
        new = [one for one in refused if _name(one.record) not in buried]
        self._bury(new)
        at = self._consuming.at
        spans = [span_of(some, at[place]) for place, some in polled.items()]
        try:
            taken = self._desk.intake.take(items, refused, spans, self._clock_ms())
        except Poisonous as poisonous:
            bad = {_name(one.record) for one in poisonous.refused}
            left = [one for one in items if _name(one.record) not in bad]
            known = buried | {_name(one.record) for one in refused}
            return self._settle(polled, left, [*refused, *poisonous.refused], known)
        self._count(taken, items, refused)

    def _bury(self, refused: Sequence[Refused]) -> None:
        if not refused:
            return
        self._desk.producing.bury(refused)
        for one in refused:
            self._refused.count(str(one.reason), reason=str(one.reason), detail=one.detail, topic=one.record.topic,
                                partition=one.record.partition, offset=one.record.offset)  # fmt: skip

    def _say_refused(self, records: int, reason: str, detail: str, topic: str, partition: int, offset: int) -> None:
        self._log.warning(LogEvent.RECORD_REFUSED, records=records, reason=reason, detail=detail, topic=topic,
                          partition=partition, offset=offset)  # fmt: skip

    def _count(self, taken: Taken, items: Sequence[Item], refused: Sequence[Refused]) -> None:
        alerts = [one.meant for one in items if isinstance(one.meant, Alert)]
        if alerts:
            self._telemetry.standing.last_alert.set(self._clock_ms() / 1000)
        self._telemetry.deciding.taken(alerts)
        self._telemetry.deciding.decided(taken.decisions, taken.stages)
        self._telemetry.answered(taken.answers)
        self._telemetry.facts.inc(taken.facts)
        self._telemetry.refuse(refused)
        say_decisions(self._log, taken.decisions)
        say_answers(self._log, taken.answers)

    def _pass_over(self) -> None:
        """Go past stored batches that nobody can unpack: as dead letters first, then in the ledger, with a page."""
        at = self._consuming.at
        found = self._desk.find_broken(at)
        refused = [as_refused(place, one) for place, one in found.items()]
        self._bury(refused)
        self._positions.pass_over(at, found)
        self._telemetry.refuse(refused)
        self._refused.look()


def _name(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset
