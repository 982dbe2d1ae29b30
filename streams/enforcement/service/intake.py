"""The records of one poll go into the ledger in one transaction, in order of their stamps, with their offsets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import sqlalchemy as sa

from detectors.alert import Alert
from streams.enforcement.enforcer import Enforcer, OutOfOrder, Span, advance, hear
from streams.enforcement.ledger.facts_taking import take_facts
from streams.enforcement.ledger.schema import facts
from streams.enforcement.ledger.transaction import FencedOff, Transaction
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.obeying.obey import Obeying
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.facts import Facts
from streams.enforcement.service.figures.stages import stages_of
from streams.enforcement.service.hourly import page_hourly
from streams.enforcement.service.records import Gone, Item, Line, Meant, Progress, Reason, Record, Refused

_NOT_THE_RECORDS = (FencedOff, OutOfOrder, sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError)
"""What goes wrong with the database rather than with a record: all of the transaction is tried again."""


class Poisonous(Exception):
    """Records that cannot be taken in, each tried alone; nothing of the transaction was written."""

    def __init__(self, refused: Sequence[Refused]) -> None:
        super().__init__(f"{len(refused)} records cannot be taken in")
        self.refused = refused


class TooManyFailed(Exception):
    """So many records in a row could not be taken in that the fault is rather ours: no more are put aside."""


@dataclass
class Taken:
    """What came of one transaction. stages: the one in force of each rule that decisions are about."""

    decisions: list[Decision] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    facts: int = 0
    stages: dict[str, str] = field(default_factory=dict)


MOST_FAILED = 100
"""Records in a row that are put aside; then somebody must look, for a bad deploy must not empty the topics."""


class Intake:
    """Takes records for an enforcer."""

    def __init__(self, enforcer: Enforcer, obeying: Obeying) -> None:
        self._enforcer, self._obeying = enforcer, obeying
        self._failed = 0

    def take(self, items: Sequence[Item], refused: Sequence[Refused], spans: Iterable[Span], now_ms: int) -> Taken:
        """Take records in, those of a partition in its order; people are paged about refused ones.

        Raises Poisonous, TooManyFailed, OutOfOrder, FencedOff, and what the database raises.
        """
        taken = self._taken(items, refused, spans, now_ms)
        self._failed = 0 if items else self._failed
        return taken

    def _taken(self, items: Sequence[Item], refused: Sequence[Refused], spans: Iterable[Span], now_ms: int) -> Taken:
        with self._enforcer.ledger.writing(now_ms) as tx:
            for span in spans:
                advance(tx, span)
            taken, bad = Taken(), list[Refused]()
            for _, group in groupby(in_order(items), key=lambda item: type(item.meant)):
                self._try(tx, list(group), taken, bad)
            if bad:
                raise self._put_aside(bad)
            self._page(tx, refused)
            return taken

    def _put_aside(self, bad: Sequence[Refused]) -> Poisonous | TooManyFailed:
        if self._failed + len(bad) > MOST_FAILED:
            return TooManyFailed(
                f"{self._failed + len(bad):,} records in a row failed ({bad[0].detail}): mend that first"
            )
        self._failed += len(bad)
        return Poisonous(bad)

    def _try(self, tx: Transaction, group: list[Item], taken: Taken, bad: list[Refused]) -> None:
        try:
            with tx.connection.begin_nested():
                self._do(tx, group, taken)
        except _NOT_THE_RECORDS:
            raise
        except Exception as error:  # whatever a record brings about, those beside it go on
            if len(group) == 1:
                bad.append(Refused(group[0].record, Reason.FAILED, type(error).__name__))
            else:
                for item in group:
                    self._try(tx, [item], Taken(), bad)

    def _do(self, tx: Transaction, group: Sequence[Item], taken: Taken) -> None:
        """Take in what is all of one sort."""
        first = group[0].meant
        if isinstance(first, Alert):
            alerts = [one.meant for one in group if isinstance(one.meant, Alert)]
            taken.stages |= stages_of(tx, self._enforcer.in_force.policy, alerts)
            taken.decisions += self._enforcer.take_in(tx, alerts)
        elif isinstance(first, Facts):
            taken.facts += _know(tx, [one.meant for one in group if isinstance(one.meant, Facts)])
        else:
            for one in group:
                self._also(tx, one.meant, taken)

    def _also(self, tx: Transaction, one: Meant, taken: Taken) -> None:
        if isinstance(one, Progress):
            hear(tx, one.told)
        elif isinstance(one, Line):
            taken.answers.append(self._obeying.obey_in(tx, one.line))
        elif isinstance(one, Gone):
            taken.facts += tx.delete(facts, facts.c.account_id == one.account_id)

    def _page(self, tx: Transaction, refused: Sequence[Refused]) -> None:
        for reason, count in sorted(Counter(one.reason for one in refused).items()):
            page_hourly(tx, self._enforcer.routes, f"refused:{reason}", _words(reason, count), False,
                        {"reason": str(reason), "records": count})  # fmt: skip


def in_order(items: Sequence[Item]) -> list[Item]:
    """Items by the time that they arrived, the order within each partition kept, whatever their stamps say."""
    newest: dict[tuple[str, int], int] = {}
    return [item for _, item in sorted(_stamped(items, newest), key=lambda one: one[0])]


def _stamped(items: Iterable[Item], newest: dict[tuple[str, int], int]) -> Iterator[tuple[int, Item]]:
    for item in items:
        place = item.record.topic, item.record.partition
        newest[place] = max(newest.get(place, 0), item.record.stamp_ms)
        yield newest[place], item


def span_of(records: Sequence[Record], position: int) -> Span:
    """What was read of one partition; position: where it was read from."""
    return Span(records[0].topic, records[0].partition, position, records[-1].offset + 1)


def _know(tx: Transaction, told: Sequence[Facts]) -> int:
    """Take facts in unless newer ones are known; of how many accounts they changed. Raises ValueError."""
    found = take_facts(tx, told)
    if found.early:
        raise ValueError(f"facts of {len(found.early)} accounts are from the future")
    return found.new + found.changed


_WHAT: Mapping[Reason, str] = {
    Reason.NOT_AN_ALERT: "no alert", Reason.UNKNOWN_KIND: "of a kind that is not known",
    Reason.UNKNOWN_PACK: "an alert of a pack that was never published", Reason.NOT_PROGRESS: "no progress",
    Reason.NOT_FACTS: "no account facts", Reason.FAILED: "it fails when it is taken in",
    Reason.BROKEN_BATCH: "of a broken stored batch", Reason.BATCH_TOO_LARGE: "of a stored batch that is too large",
}  # fmt: skip


def _words(reason: Reason, count: int) -> str:
    records = "1 record" if count == 1 else f"{count:,} records"
    return f"{records} for enforcement not acted upon ({_WHAT[reason]}): see tipstaff dead-letters list, and the log"
