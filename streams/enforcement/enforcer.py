"""The enforcer: alerts, progress and commands in; decisions, actions and messages out; one transaction each time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from detectors.alert import Alert
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.consequences import Consequences
from streams.enforcement.ledger.housekeeping import Housekeeping
from streams.enforcement.ledger.letters import Letters
from streams.enforcement.ledger.messages import Messages, Routes
from streams.enforcement.ledger.outbox import LedgerOutbox
from streams.enforcement.ledger.release import may_leave
from streams.enforcement.ledger.schema import progress, sources
from streams.enforcement.ledger.taking import Taking
from streams.enforcement.ledger.transaction import Ledger, Transaction
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.standing import Switch

Brake = Callable[[int], Switch]
"""The switch outside the ledger as it is now (ms)."""


class OutOfOrder(Exception):
    """What was to be taken in is not what follows; nothing of it was written."""


@dataclass(frozen=True)
class Span:
    """Records of one source partition: the first offset and the one after the last."""

    topic: str
    partition: int
    first: int
    next: int


class Enforcer:
    """What acts. Every call is one transaction, repeated without harm."""

    def __init__(self, ledger: Ledger, in_force: InForce, routes: Routes, brake: Brake) -> None:
        self.ledger, self.in_force, self.routes, self._brake = ledger, in_force, routes, brake
        self._changing = threading.Lock()

    def change(self, how: Callable[[InForce], InForce]) -> None:
        """Put something else in force; from any thread, none undoes what another does at the same moment."""
        with self._changing:
            self.in_force = how(self.in_force)

    def take(self, alerts: Sequence[Alert], now_ms: int, spans: Sequence[Span] = (),
             told: Sequence[Mapping[str, Any]] = ()) -> list[Decision]:  # fmt: skip
        """Decide on alerts in order, and act. spans: the records they came from; told: progress records among them.

        Raises OutOfOrder, FencedOff.
        """
        with self.ledger.writing(now_ms) as tx:
            for span in spans:
                advance(tx, span)
            for one in told:
                hear(tx, one)
            return self.take_in(tx, alerts)

    def take_in(self, tx: Transaction, alerts: Sequence[Alert]) -> list[Decision]:
        """The same within a transaction that does more."""
        around = self.surroundings(tx)
        after = self.consequences(tx, around)
        found = Taking(tx, self.in_force, around, after).take(alerts)
        after.flush()
        return found

    def surroundings(self, tx: Transaction) -> Surroundings:
        """What guards look at in a transaction."""
        return Surroundings(tx, self.in_force.policy, self._brake(tx.now_ms))

    def consequences(self, tx: Transaction, around: Surroundings) -> Consequences:
        """What follows from decisions in a transaction."""
        return Consequences(tx, self.in_force, around, Messages(tx, self.routes), Letters(self.in_force, tx))

    def keep(self, now_ms: int) -> None:
        """What time alone brings: actions end or expire, people are reminded, stages fall. Raises FencedOff."""
        with self.ledger.writing(now_ms) as tx:
            around = self.surroundings(tx)
            after = self.consequences(tx, around)
            Housekeeping(tx, self.in_force, after, self.routes, around.switch).keep()
            after.flush()

    def outbox(self) -> LedgerOutbox:
        """Where deliverers claim what may leave."""
        return LedgerOutbox(self.ledger, self.routes, lambda tx, row: may_leave(tx, row, self._brake(tx.now_ms)))


def advance(tx: Transaction, span: Span) -> None:
    """Note how far a source is; the database's offset rules. Raises OutOfOrder."""
    mine = sa.and_(sources.c.topic == span.topic, sources.c.partition == span.partition)
    row = tx.one(sa.select(sources).where(mine))
    expected = row["next_offset"] if row else None
    if expected is not None and span.first != expected:
        raise OutOfOrder(f"{span.topic}/{span.partition}: {span.first} came, {expected} is next")
    tx.put(sources, {"topic": span.topic, "partition": span.partition, "next_offset": span.next})


def hear(tx: Transaction, told: Mapping[str, Any]) -> None:
    """Note what a partition tells of itself; at_ms: when it did, now where it does not say."""
    tx.put(progress, {"topic": told["topic"], "partition": told["partition"], "at_ms": told.get("at_ms", tx.now_ms),
                      "stream_time_ms": told["stream_time_ms"], "lag_records": told["lag_records"],
                      "active_accounts": dict(told["active_accounts"]), "pack": told["pack"]})  # fmt: skip
