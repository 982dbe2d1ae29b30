"""All that metrics show of the ledger, read every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.policy.standing import Switch
from streams.enforcement.service.figures.actions import show_actions
from streams.enforcement.service.figures.ended import Ended
from streams.enforcement.service.figures.outbox import show_outbox
from streams.enforcement.service.figures.people import PeopleFigures
from streams.enforcement.service.figures.purses import PurseFigures
from streams.enforcement.service.figures.running import newest_alert_ms, show_running
from streams.enforcement.telemetry import EnforceTelemetry


class Figures:
    """Reads them, and shows them. brake: the switch outside the ledger at a time (ms)."""

    def __init__(self, ledger: Ledger, telemetry: EnforceTelemetry, brake: Callable[[int], Switch],
                 sinks: tuple[str, ...], in_force: Callable[[], InForce]) -> None:  # fmt: skip
        self._ledger, self._telemetry, self._brake = ledger, telemetry, brake
        self._sinks, self._in_force = sinks, in_force
        standing = telemetry.standing
        self._purses, self._people = PurseFigures(standing), PeopleFigures(standing)
        self._ended: Ended | None = None

    def begin(self, now_ms: int) -> None:
        """From now on ends of actions are counted: those before were another's, or of another time."""
        self._ended = None
        with self._ledger.reading() as tx:
            self._telemetry.standing.last_alert.set(newest_alert_ms(tx) / 1000)
        self._ended = Ended(self._telemetry.leaving, now_ms)

    def show(self, now_ms: int) -> None:
        """All of them, as of now."""
        if self._ended is None:
            self.begin(now_ms)
        in_force, standing = self._in_force(), self._telemetry.standing
        with self._ledger.reading() as found:
            tx = replace(found, now_ms=now_ms)
            around = Surroundings(tx, in_force.policy, self._brake(now_ms))
            show_actions(tx, standing)
            show_outbox(tx, standing, self._sinks)
            self._purses.show(tx, in_force.policy, around)
            self._people.show(tx, in_force.clauses)
            show_running(tx, standing, around)
            if self._ended is not None:
                self._ended.count(tx)
