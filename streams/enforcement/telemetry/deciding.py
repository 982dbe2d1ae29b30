"""Alerts as they are taken in, and what is decided on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detectors.alert import Alert
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.policy import STAGES
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.telemetry.making import Making, begin

NONE = "none"
"""Stands for the rung where nothing was wanted."""

OTHER = "other"
"""Stands for a rule that no pack in force here has, for a record may name anything."""

GUARDS = tuple(Reason)[tuple(Reason).index(Reason.SWITCH) :]
"""The reasons that guards give."""

Rules = Iterable[tuple[str, str]]
"""The id and clause of each."""


class Deciding:
    """Counters of one process; rules: those of the pack in force at first."""

    def __init__(self, make: Making, rules: Rules) -> None:
        self.alerts = make.counter("alerts", "Alert records taken in, repeated ones among them.", "restricted")
        self.rule_alerts = make.counter("rule_alerts", "Episodes taken in, by the rule's stage in force then.",
                                        "rule", "clause", "stage")  # fmt: skip
        self.decisions = make.counter("decisions", "Decisions, by outcome and reason.", "outcome", "reason")
        self.rungs = make.counter("decided_rungs", "Decisions, by outcome and the rung that was wanted.",
                                  "outcome", "rung")  # fmt: skip
        self.held = make.counter("held", "Decisions that wanted a rung and did not get it, by why.", "rung", "reason")
        begin(self.alerts, ("no", "yes"))
        begin(self.decisions, map(str, Outcome), map(str, Reason))
        begin(self.rungs, map(str, Outcome), (*TARGETS, NONE))
        begin(self.held, TARGETS, map(str, GUARDS))
        self._known = {(OTHER, OTHER)}
        self.know([(OTHER, OTHER), *rules])

    def know(self, rules: Rules) -> None:
        """Begin the counters of rules at 0: of the first pack's, and of those taken up later."""
        for rule, clause in rules:
            self._known.add((rule, clause))
            begin(self.rule_alerts, [rule], [clause], STAGES)

    def taken(self, alerts: Iterable[Alert]) -> None:
        """Count alert records, once they are durable."""
        for one in alerts:
            self.alerts.labels("yes" if one.restricted else "no").inc()

    def decided(self, decisions: Iterable[Decision], stages: Mapping[str, str]) -> None:
        """Count decisions, once they are durable; stages: the one in force of each rule when they were made."""
        for one in decisions:
            self.decisions.labels(str(one.outcome), str(one.reason)).inc()
            self.rungs.labels(str(one.outcome), one.rung or NONE).inc()
            if one.outcome is Outcome.HELD and one.rung:
                self.held.labels(one.rung, str(one.reason)).inc()
            if one.revision == 1:
                named = (one.rule, one.clause)
                self.rule_alerts.labels(*(named if named in self._known else (OTHER, OTHER)),
                                        stages.get(one.rule, STAGES[0])).inc()  # fmt: skip
