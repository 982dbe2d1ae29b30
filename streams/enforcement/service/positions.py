"""How far each partition is, as the ledger keeps it, and what is lost where it has to jump."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.enforcer import Enforcer, Span, advance
from streams.enforcement.ledger.schema import sources
from streams.enforcement.service.losses import Loss, Losses
from streams.enforcement.service.starts import Place, Start
from streams.enforcement.telemetry import EnforceTelemetry
from streams.worker.transport.chunk import Broken


class Positions:
    """The ledger's next offsets. facts: the topic of which only the newest record of an account counts.

    Calls raise what the database raises; those that write, FencedOff.
    """

    def __init__(self, enforcer: Enforcer, facts: str, telemetry: EnforceTelemetry, clock_ms: Callable[[], int],
                 log: Any) -> None:  # fmt: skip
        self._ledger, self._facts, self._clock_ms = enforcer.ledger, facts, clock_ms
        self._losses = Losses(enforcer.routes, telemetry, log)

    def known(self) -> dict[Place, int]:
        """Where each partition goes on."""
        with self._ledger.reading() as tx:
            rows = tx.rows(sa.select(sources))
        return {(row["topic"], row["partition"]): int(row["next_offset"]) for row in rows}

    def move(self, moved: Mapping[Place, Start]) -> None:
        """Where the ledger did not know a partition, or what it knew is gone: from now on it knows."""
        losses = [loss for place, one in moved.items() for loss in self._lost(place, one)]
        with self._ledger.writing(self._clock_ms()) as tx:
            for (topic, partition), one in moved.items():
                tx.put(sources, {"topic": topic, "partition": partition, "next_offset": one.offset})
            self._losses.write(tx, losses)
        self._losses.tell(losses)

    def pass_over(self, at: Mapping[Place, int], broken: Mapping[Place, Broken]) -> None:
        """Go on behind stored batches that nobody can unpack; at: where each partition stands. Raises OutOfOrder."""
        losses = [Loss(*place, at[place], one.last + 1 - at[place], f"a stored batch is passed over: {one.detail}")
                  for place, one in broken.items()]  # fmt: skip
        with self._ledger.writing(self._clock_ms()) as tx:
            for place, one in broken.items():
                advance(tx, Span(*place, at[place], one.last + 1))
            self._losses.write(tx, losses)
        self._losses.tell(losses)

    def _lost(self, place: Place, one: Start) -> list[Loss]:
        if not one.lost and not one.anew:
            return []
        why = f"{one.lost:,} records were removed before enforcement read them" if one.lost else "it was made anew"
        # Of facts only the newest of each account counts, and that is kept.
        return [Loss(*place, one.offset - one.lost, one.lost, why, paged=place[0] != self._facts)]
