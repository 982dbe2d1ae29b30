"""Acts on the alerts of one embedded run: in its own time over history, by the clock over a live stream."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from detectors.alert import Alert
from streams.enforcement.embedded.watching import TOPIC, Watching
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.obeying.obey import Obeying
from streams.enforcement.outbox.acknowledging import Acknowledging
from streams.enforcement.outbox.deliverer import Deliverer

TOLD_EVERY_MS = 60_000
"""How often a run tells the ledger how far it is, as a partition's worker does."""

KEPT_EVERY_MS = 10_000
"""How often housekeeping is done."""

BROUGHT_EVERY_S = 1.0
"""How often a live run brings the ledger's own events into the stream."""


class Checkpoints(Protocol):
    """Signs the audit."""

    def keep(self, now_ms: int) -> None:
        """Sign where it is due."""

    def close(self, now_ms: int) -> None:
        """Sign for what no checkpoint covers yet: nobody will for a while."""


class Acting:
    """One run's enforcement. clock_ms: its time; active: active accounts by plan; stream_ms: the stream's time;
    checkpoints: sign the audit, where anybody wants that; acknowledging: asks who took pages, in a live run;
    bring: brings the ledger's own events into the stream, told the time; troubled: hears of what goes wrong in a
    thread, which goes on; watching: shows it all in metrics.

    Over the simulator the stream's own time is the clock, and messages leave between two chunks; a live run has
    `start`ed threads for them.
    """

    def __init__(self, enforcer: Enforcer, deliverers: Sequence[Deliverer], clock_ms: Callable[[], int],
                 active: Callable[[], Mapping[str, int]], stream_ms: Callable[[], int | None],
                 checkpoints: Checkpoints | None = None,
                 acknowledging: Acknowledging | None = None, bring: Callable[[int], object] = lambda _: None,
                 troubled: Callable[[Exception], None] = lambda _: None,
                 watching: Watching | None = None) -> None:  # fmt: skip
        self.enforcer, self.obeying = enforcer, Obeying(enforcer)
        self._deliverers, self._clock_ms, self._active, self._stream_ms = deliverers, clock_ms, active, stream_ms
        self._checkpoints, self._acknowledging = checkpoints, acknowledging
        self._bring, self._troubled, self._watching = bring, troubled, watching
        self._told_ms = self._kept_ms = 0
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def take(self, alerts: Sequence[Alert]) -> None:
        """Decide on alerts; repeated ones change nothing. Without threads, what may leave has left afterwards."""
        now, told = self._clock_ms(), []
        if now - self._told_ms >= TOLD_EVERY_MS:
            self._told_ms, told = now, [self._progress(now)]
        if alerts or told:
            self._take(alerts, now, told)
        if not self._threads:
            self.keep_if_due()
            self._show(now)
            self._bring(now)
            self.deliver()

    def _take(self, alerts: Sequence[Alert], now: int, told: Sequence[Mapping[str, object]]) -> None:
        stages = self._watching.stages(alerts, now) if self._watching is not None and alerts else {}
        decisions = self.enforcer.take(alerts, now, told=told)
        if self._watching is not None and alerts:
            self._watching.took(alerts, decisions, stages, now)

    def _show(self, now: int) -> None:
        if self._watching is not None:
            self._watching.show_if_due(now, [(one.sink, one) for one in self._deliverers])

    def _progress(self, now: int) -> dict[str, object]:
        # A stream that is read as it comes has nothing unread behind what was taken.
        stream = self._stream_ms()
        return {"topic": TOPIC, "partition": 0, "stream_time_ms": stream, "lag_records": 0,
                "active_accounts": dict(self._active()), "pack": self.enforcer.in_force.pack}  # fmt: skip

    def keep_if_due(self) -> None:
        """Housekeeping, where the last round is old enough."""
        now = self._clock_ms()
        if now - self._kept_ms >= KEPT_EVERY_MS:
            self._kept_ms = now
            self.enforcer.keep(now)
            answers = self.obeying.ripen(now)
            if self._watching is not None:
                self._watching.telemetry.answered(answers)
            if self._checkpoints is not None:
                self._checkpoints.keep(now)

    def deliver(self) -> None:
        """Let everything leave that may leave now."""
        while sum(one.turn() for one in self._deliverers):
            pass

    def begin(self) -> None:
        """Count in metrics from now on."""
        if self._watching is not None:
            self._watching.begin(self._clock_ms())

    def start(self) -> None:
        """Deliver, and keep house, in threads: one for each sink, so that none holds another up."""
        self.begin()
        self._threads = [threading.Thread(target=one.run, args=(self._stop,), daemon=True) for one in self._deliverers]
        self._threads.append(threading.Thread(target=self._keep_on, daemon=True))
        if self._acknowledging is not None and self._acknowledging.asks:
            self._threads.append(threading.Thread(target=self._acknowledging.run, args=(self._stop,), daemon=True))
        for thread in self._threads:
            thread.start()

    def _keep_on(self) -> None:
        while not self._stop.wait(BROUGHT_EVERY_S):
            try:
                self._bring(self._clock_ms())
                self.keep_if_due()
                self._show(self._clock_ms())
            except Exception as error:  # the next round may go better
                self._troubled(error)

    def close(self) -> None:
        """End the threads; what has not left waits in the ledger."""
        self._stop.set()
        for one in self._deliverers:
            one.wake()
        for thread in self._threads:
            thread.join()
        try:
            self._bring(self._clock_ms())
            if self._checkpoints is not None:
                self._checkpoints.close(self._clock_ms())
        finally:
            self.enforcer.ledger.close()
