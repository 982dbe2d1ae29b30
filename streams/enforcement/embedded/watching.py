"""What an embedded run's enforcement shows in metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from prometheus_client import CollectorRegistry

from detectors.alert import Alert
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.standing import Switch
from streams.enforcement.service.figures import Figures
from streams.enforcement.service.figures.stages import stages_of
from streams.enforcement.telemetry import EnforceTelemetry
from streams.enforcement.telemetry.enforcing import names_of
from streams.pack import Pack

TOPIC = "embedded"
"""What the ledger, and metrics, call the stream of an embedded run."""

SHOWN_EVERY_S = 5.0


class Watching:
    """Counts what is decided, and shows the ledger every few seconds of a person's time, whatever the run's own time
    is. clock: seconds, monotonic; sinks: every one that is declared.
    """

    def __init__(self, enforcer: Enforcer, pack: Pack, sinks: Iterable[str], registry: CollectorRegistry | None,
                 brake: Callable[[int], Switch], clock: Callable[[], float]) -> None:  # fmt: skip
        sinks = tuple(sinks)
        self.telemetry = EnforceTelemetry(names_of(pack, sinks, (TOPIC,)), registry)
        self._figures = Figures(enforcer.ledger, self.telemetry, brake, sinks, lambda: enforcer.in_force)
        self._enforcer, self._clock, self._shown_s = enforcer, clock, float("-inf")
        self.telemetry.leader.set(1)  # a run's ledger has no other process that acts

    def begin(self, now_ms: int) -> None:
        """Count from now on."""
        self._figures.begin(now_ms)

    def stages(self, alerts: Iterable[Alert], now_ms: int) -> dict[str, str]:
        """The stage in force of each rule of alerts, asked before they are decided upon."""
        with self._enforcer.ledger.reading() as found:
            return stages_of(replace(found, now_ms=now_ms), self._enforcer.in_force.policy, alerts)

    def took(self, alerts: Sequence[Alert], decisions: Sequence[Decision], stages: dict[str, str], now_ms: int) -> None:
        """Count what was decided."""
        self.telemetry.deciding.taken(alerts)
        self.telemetry.deciding.decided(decisions, stages)
        self.telemetry.standing.last_alert.set(now_ms / 1000)

    def show_if_due(self, now_ms: int, deliverers: Iterable[tuple[str, Deliverer]]) -> None:
        """Show the ledger, where it was shown long enough ago; deliverers: by their sinks."""
        if self._clock() - self._shown_s >= SHOWN_EVERY_S:
            self._shown_s = self._clock()
            self._figures.show(now_ms)
            for sink, one in deliverers:
                self.telemetry.leaving.probing.labels(sink).set(int(one.open))
