"""Records that enforcement will never read: people are paged, the audit keeps which, nothing goes in silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.messages import Messages, Routes
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.telemetry import EnforceTelemetry
from streams.log_events import LogEvent


@dataclass(frozen=True)
class Loss:
    """What of a partition is lost. first: its first offset; records: how many offsets, 0 where nobody knows."""

    topic: str
    partition: int
    first: int
    records: int
    why: str
    paged: bool = True


class Losses:
    """Tells of losses. log: a structlog logger."""

    def __init__(self, routes: Routes, telemetry: EnforceTelemetry, log: Any) -> None:
        self._routes, self._telemetry, self._log = routes, telemetry, log

    def write(self, tx: Transaction, losses: list[Loss]) -> None:
        """Write them down: an audit record each, and a page where people have to know."""
        trail, messages = Trail(tx), Messages(tx, self._routes)
        for one in losses:
            told = {"topic": one.topic, "partition": one.partition, "records": one.records}
            trail.note(Kind.LOST, POLICY, {**told, "first": one.first, "why": one.why})
            if one.paged:
                place = f"{one.topic}/{one.partition}"
                messages.page(f"lost:{place}", str(tx.now_ms), f"{place}: {one.why}", True, told)
        trail.flush()
        messages.flush()

    def tell(self, losses: list[Loss]) -> None:
        """Count them and log them, once they are written down."""
        for one in losses:
            self._telemetry.lost.inc(one.records)
            self._log.error(LogEvent.RECORDS_LOST, topic=one.topic, partition=one.partition, first=one.first,
                            records=one.records, reason=one.why)  # fmt: skip
