"""Every metric of enforcement, once; each bounded label set begins at 0. No account, key or address is ever a label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from streams.enforcement.ledger.model_alerts import STATES
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.obeying.errand import Ending as Answered
from streams.enforcement.outbox.delivery import Attempt, Ending
from streams.enforcement.policy.action import State
from streams.enforcement.policy.decision import Decision, Outcome
from streams.enforcement.policy.decision import Reason as Why
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.service.records import Reason, Refused
from streams.enforcement.service.standing import PARTS

_PREFIX = "tipstaff_enforce_"
_NONE = "none"
"""Stands for the rung where nothing was wanted."""

GIVEN_UP = "given_up"
"""How a delivery ends that was tried to its last time."""


class EnforceTelemetry:
    """The metrics of one process."""

    def __init__(self, sinks: Iterable[str], purses: Iterable[str], topics: Iterable[str],
                 registry: CollectorRegistry | None = None) -> None:  # fmt: skip
        self.registry = registry = registry or CollectorRegistry()

        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(_PREFIX + name, told, labels, registry=registry)

        def gauge(name: str, told: str, *labels: str) -> Gauge:
            return Gauge(_PREFIX + name, told, labels, registry=registry)

        self.alerts = counter("alerts", "Alert records taken in, repeated ones among them.", "restricted")
        self.decisions = counter("decisions", "Decisions, by outcome and reason.", "outcome", "reason")
        self.rungs = counter("decided_rungs", "Decisions, by outcome and the rung that was wanted.", "outcome", "rung")
        self.actions = gauge("actions", "Actions in the ledger, by rung and state.", "rung", "state")
        self.deliveries = counter("deliveries", "Attempts to deliver, by sink and how they ended.", "sink", "ending")
        self.outbox = gauge("outbox_messages", "Messages that wait to leave, by sink.", "sink")
        self.oldest = gauge("outbox_oldest_seconds", "Age of the oldest message that waits, in seconds.", "sink")
        self.probing = gauge("sink_failing", "1 while a sink fails so often that it is only probed.", "sink")
        self.switch = gauge("switch", "1 while the switch's file and the ledger's switch are both on.")
        self.leader = gauge("leader", "1 while this process is the one that acts.")
        self.lag = gauge("lag_seconds", "How late the slowest partition is, in seconds; +Inf while not known.")
        self.unread = gauge("unread_records", "Records that enforcement has not yet taken in, by topic.", "topic")
        self.breakers = gauge("breakers_open", "Budgets that ran out and wait for a person, by purse.", "purse")
        self.held_back = gauge("held_back_actions", "Actions that open breakers hold back, by purse.", "purse")
        self.models = gauge("model_alerts", "Alerts of models alone in the ledger, by what became of them.", "state")
        self.commands = counter("commands", "Commands, by how they ended.", "ending")
        self.facts = counter("facts", "Accounts whose facts were changed.")
        self.refused = counter("refused_records", "Records that could not be used, by reason.", "reason")
        self.lost = counter("lost_records", "Records that were never read: removed by retention, or of a broken batch.")
        self.troubles = counter("troubles", "Times that a part could not go on and tried again.", "part")
        self._begin(list(sinks), list(purses), list(topics))

    def _begin(self, sinks: Sequence[str], purses: Sequence[str], topics: Sequence[str]) -> None:
        for rung in (*TARGETS, _NONE):
            for outcome in Outcome:
                self.rungs.labels(str(outcome), rung)
            for state in State if rung != _NONE else ():
                self.actions.labels(rung, str(state))
        for outcome in Outcome:
            for why in Why:
                self.decisions.labels(str(outcome), str(why))
        for sink in sinks:
            for ending in (*map(str, Ending), GIVEN_UP):
                self.deliveries.labels(sink, ending)
            for one in (self.outbox, self.oldest, self.probing):
                one.labels(sink)
        self._begin_others(purses, topics)

    def _begin_others(self, purses: Sequence[str], topics: Sequence[str]) -> None:
        closed = ((self.alerts, ("no", "yes")), (self.commands, map(str, Answered)), (self.refused, map(str, Reason)),
                  (self.troubles, PARTS), (self.unread, topics), (self.breakers, purses),
                  (self.held_back, purses), (self.models, STATES))  # fmt: skip
        for metric, labels in closed:
            for label in labels:
                metric.labels(label)

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Count decisions, once they are durable."""
        for one in decisions:
            self.decisions.labels(str(one.outcome), str(one.reason)).inc()
            self.rungs.labels(str(one.outcome), one.rung or _NONE).inc()

    def answered(self, answers: Iterable[Answer]) -> None:
        """Count commands, once their answers are durable."""
        for one in answers:
            self.commands.labels(str(one.ending)).inc()

    def refuse(self, refused: Iterable[Refused]) -> None:
        """Count refused records, once they are passed."""
        for one in refused:
            self.refused.labels(str(one.reason)).inc()

    def delivered(self, sink: str, attempt: Attempt, last: bool) -> None:
        """Count an attempt."""
        self.deliveries.labels(sink, GIVEN_UP if last and attempt.ending is Ending.LATER else str(attempt.ending)).inc()
