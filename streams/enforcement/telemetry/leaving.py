"""What leaves, and how long it took."""

from __future__ import annotations

from collections.abc import Iterable

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.policy.rungs import RESTRICTIONS
from streams.enforcement.telemetry.making import Making, begin

GIVEN_UP = "given_up"
"""How a delivery ends that was tried to its last time."""

_CONTAIN_S = (10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400, 604_800)
_DELIVER_S = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)


class Leaving:
    """Metrics of one process's deliveries."""

    def __init__(self, make: Making, sinks: Iterable[str]) -> None:
        sinks = list(sinks)
        self.deliveries = make.counter("deliveries", "Attempts to deliver, by sink and how they ended.",
                                       "sink", "ending")  # fmt: skip
        self.retries = make.counter("retries", "Attempts to deliver after the first, by sink.", "sink")
        self.probing = make.gauge("sink_failing", "1 while a sink fails so often that it is only probed.", "sink")
        self.contained = make.histogram("time_to_contain_seconds", "From the start of an episode to the confirmed "
                                        "delivery of its action, in seconds.", _CONTAIN_S, "rung")  # fmt: skip
        self.delivered = make.histogram("action_delivery_seconds", "From an action's decision, or a person's approval, "
                                        "to its confirmed delivery, in seconds.", _DELIVER_S)  # fmt: skip
        self.undelivered = make.counter("actions_undelivered", "Actions that expired, were refused or given up before "
                                        "any delivery.")  # fmt: skip
        begin(self.deliveries, sinks, (*map(str, Ending), GIVEN_UP))
        begin(self.retries, sinks)
        begin(self.probing, sinks)
        begin(self.contained, RESTRICTIONS)

    def attempted(self, delivery: Delivery, attempt: Attempt, last: bool) -> None:
        """Count an attempt; delivery: as it was before; last: whether no other follows."""
        given_up = last and attempt.ending is Ending.LATER
        self.deliveries.labels(delivery.sink, GIVEN_UP if given_up else str(attempt.ending)).inc()
        if delivery.attempts:
            self.retries.labels(delivery.sink).inc()
