"""What the ledger holds, as gauges: figures of service/figures set them."""

from __future__ import annotations

from collections.abc import Iterable

from streams.enforcement.ledger.model_alerts import STATES
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.telemetry.making import Making, begin


class Standing:
    """Gauges of one ledger. roles: those that cases are opened for."""

    def __init__(self, make: Making, sinks: Iterable[str], purses: Iterable[str], roles: Iterable[str]) -> None:
        gauge = make.gauge
        self.actions = gauge("actions", "Actions in the ledger, by rung and state.", "rung", "state")
        self.overturned = gauge("overturned_actions", "Actions in the ledger that a person or an appeal reversed, by "
                                "rung.", "rung")  # fmt: skip
        self.outbox = gauge("outbox_messages", "Messages that wait to leave, by sink.", "sink")
        self.oldest = gauge("outbox_oldest_seconds", "Age of the oldest message that waits, in seconds.", "sink")
        self.breakers = gauge("breakers_open", "Budgets that ran out and wait for a person, by purse.", "purse")
        self.held_back = gauge("held_back_actions", "Actions that open breakers hold back, by purse.", "purse")
        self.budget_size = gauge("budget_size", "Actions or accounts that a purse's budget pays for when full, of its "
                                 "limit with least left.", "purse")  # fmt: skip
        self.budget_left = gauge("budget_left", "Actions or accounts that a purse's budget has left, of its limit with "
                                 "least left; 0 while a breaker is open.", "purse")  # fmt: skip
        self.models = gauge("model_alerts", "Alerts of models alone in the ledger, by what became of them.", "state")
        self.cases = gauge("cases_open", "Open cases, by the role they are for.", "role")
        self.overdue = gauge("cases_overdue", "Open cases whose time is over, by the role they are for.", "role")
        self.oldest_case = gauge("case_oldest_seconds", "Age of the oldest open case, in seconds, by role.", "role")
        self.waiting = gauge("waiting_for_people", "Actions and commands that wait for a person, or a second "
                             "person.")  # fmt: skip
        self.switch = gauge("switch", "1 while the switch's file and the ledger's switch are both on.")
        self.scopes_off = gauge("switch_scopes_off", "Scopes of the ledger's switch that are off, besides all.")
        self.lag = gauge("lag_seconds", "How late the slowest partition is, in seconds; +Inf while not known.")
        self.audit = gauge("audit_records", "Records of the audit.")
        self.bytes = gauge("ledger_bytes", "Size of the ledger's database, in bytes.")
        self.last_alert = gauge("last_alert_time_seconds", "When alerts were last taken in, in seconds since 1970; 0: "
                                "never.")  # fmt: skip
        self._begin(list(sinks), list(purses), list(roles))

    def _begin(self, sinks: list[str], purses: list[str], roles: list[str]) -> None:
        begin(self.actions, TARGETS, map(str, State))
        begin(self.overturned, TARGETS)
        begin(self.models, STATES)
        for by_sink in (self.outbox, self.oldest):
            begin(by_sink, sinks)
        for by_purse in (self.breakers, self.held_back, self.budget_size, self.budget_left):
            begin(by_purse, purses)
        for by_role in (self.cases, self.overdue, self.oldest_case):
            begin(by_role, roles)
