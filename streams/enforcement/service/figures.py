"""What gauges show of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import sqlalchemy as sa

from streams.enforcement.ledger.circumstances import joined
from streams.enforcement.ledger.messages import TRYING, WAITING
from streams.enforcement.ledger.model_figures import by_state
from streams.enforcement.ledger.partitions import lag_ms
from streams.enforcement.ledger.schema import actions, breakers, outbox, progress, switch
from streams.enforcement.ledger.transaction import Ledger, Transaction
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.policy.standing import Switch
from streams.enforcement.telemetry import EnforceTelemetry


class Figures:
    """Reads them, and shows them. brake: the switch outside the ledger at a time (ms); purses: the policy's."""

    def __init__(self, ledger: Ledger, telemetry: EnforceTelemetry, brake: Callable[[int], Switch],
                 sinks: tuple[str, ...], purses: Callable[[], Iterable[str]]) -> None:  # fmt: skip
        self._ledger, self._telemetry, self._brake = ledger, telemetry, brake
        self._sinks, self._purses, self._shown = sinks, purses, set[str]()

    def show(self, now_ms: int) -> None:
        """All of them, as of now."""
        with self._ledger.reading() as found:
            tx = replace(found, now_ms=now_ms)
            self._actions(tx)
            self._outbox(tx)
            self._breakers(tx)
            for state, count in by_state(tx).items():
                self._telemetry.models.labels(state).set(count)
            on = joined(self._brake(now_ms), tx.rows(sa.select(switch)))
            self._telemetry.switch.set(int(on.on and on.known))
            late = lag_ms(tx.rows(sa.select(progress)), now_ms)
            self._telemetry.lag.set(float("inf") if late is None else late / 1000)

    def _actions(self, tx: Transaction) -> None:
        query = sa.select(actions.c.rung, actions.c.state, sa.func.count().label("n"))
        rows = tx.rows(query.group_by(actions.c.rung, actions.c.state))
        found = {(row["rung"], row["state"]): row["n"] for row in rows}
        for rung in TARGETS:
            for state in State:
                self._telemetry.actions.labels(rung, str(state)).set(found.get((rung, str(state)), 0))

    def _outbox(self, tx: Transaction) -> None:
        query = sa.select(outbox.c.sink, sa.func.count().label("n"), sa.func.min(outbox.c.time_ms).label("oldest"))
        rows = tx.rows(query.where(outbox.c.state.in_((WAITING, TRYING))).group_by(outbox.c.sink))
        found = {row["sink"]: row for row in rows}
        for sink in self._sinks:
            row = found.get(sink)
            self._telemetry.outbox.labels(sink).set(row["n"] if row else 0)
            self._telemetry.oldest.labels(sink).set(max(tx.now_ms - row["oldest"], 0) / 1000 if row else 0)

    def _breakers(self, tx: Transaction) -> None:
        rows = tx.rows(sa.select(breakers))
        self._shown |= set(self._purses())  # one that another pack's policy no longer has is shown as none
        for purse in sorted(self._shown):
            mine = [row["held"] for row in rows if row["purse"] == purse]
            self._telemetry.breakers.labels(purse).set(len(mine))
            self._telemetry.held_back.labels(purse).set(sum(mine))
