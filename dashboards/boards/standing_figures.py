"""Figures that several boards begin with, so that the same thing is asked, told and graded alike."""

from __future__ import annotations

from dashboards.boards.grading import better_above, worse_above
from dashboards.boards.links import CASES, ENFORCEMENT, PIPELINE
from dashboards.boards.panels import ON_OFF, Built, figure
from dashboards.boards.queries import now, over_time

LAG_GATE_S = 900
"""Above this lag no account is restricted automatically (policy.yaml, `lag`)."""


def switch() -> Built:
    """Whether enforcement is on."""
    return figure(
        "Enforcement", "The switch's file and the ledger's switch, both: ON while both are. While stopped, nothing "
        "restricts anybody; alerts, cases and pages go on. `tipstaff enforcement status` says who stopped it and why.",
        now('max(tipstaff_enforce_switch{job=~"$job"})'), "none", better_above(1, 1), words=ON_OFF,
        links=[ENFORCEMENT], none="no enforcer",
    )  # fmt: skip


def lag() -> Built:
    """How late detection is."""
    return figure(
        "Lag", "Age of the newest record taken in of the slowest partition that has unread ones; 0 s when everything "
        "is read. Above 15 min no account is restricted automatically: we would be judging what is over.",
        over_time('max(tipstaff_lag_seconds{job=~"$job"})'), "s", worse_above(60, LAG_GATE_S), links=[PIPELINE],
        none="no worker",
    )  # fmt: skip


def waiting() -> Built:
    """What people have to say something to."""
    return figure(
        "Waiting for people", "Actions and commands that wait for a person's, or a second person's, word: "
        "`tipstaff actions list --state proposed`. They lapse when nobody speaks.",
        over_time('max(tipstaff_enforce_waiting_for_people{job=~"$job"})'), "short", worse_above(1, 20),
        links=[ENFORCEMENT],
    )  # fmt: skip


def overdue() -> Built:
    """Cases whose time is over."""
    return figure(
        "Cases overdue", "Open cases that nobody has closed by the time they are due: urgent ones within an hour, "
        "others within a day of being opened.",
        over_time('sum(max by (role) (tipstaff_enforce_cases_overdue{job=~"$job"}))'), "short", worse_above(1, 10),
        links=[CASES],
    )  # fmt: skip


def detection_objective() -> Built:
    """The first objective, over the range."""
    return figure(
        "Durable within 30 s", "Share of alerts that were durable within 30 s of their newest evidence, in the time "
        "range. The objective: 99 % over 30 days. Measured only where the input is live.",
        now('''sum(increase(tipstaff_alert_delay_seconds_bucket{job=~"$job",le="30.0"}[$__range]))
               / (sum(increase(tipstaff_alert_delay_seconds_count{job=~"$job"}[$__range])) > 0)'''),
        "percentunit", better_above(0.98, 0.99), none="no live alerts",
    )  # fmt: skip


def delivery_objective() -> Built:
    """The second objective, over the range."""
    return figure(
        "Delivered within 60 s", "Share of actions confirmed by their receiver within 60 s of being decided, in the "
        "time range; those never delivered count as late. The objective: 99 % over 30 days.",
        now('''sum(increase(tipstaff_enforce_action_delivery_seconds_bucket{job=~"$job",le="60.0"}[$__range]))
               / ((sum(increase(tipstaff_enforce_action_delivery_seconds_count{job=~"$job"}[$__range]))
                   + sum(increase(tipstaff_enforce_actions_undelivered_total{job=~"$job"}[$__range]))) > 0)'''),
        "percentunit", better_above(0.98, 0.99), none="no actions",
    )  # fmt: skip


def budgets_left() -> tuple[str, str]:
    """What is told of budgets, and the PromQL of the share left."""
    return (
        "Share of each budget that is left now, of the scope with least left. At 0 the breaker opens: further "
        "automatic actions that it pays for wait for a person.",
        '''min by (purse) (tipstaff_enforce_budget_left{job=~"$job"}
                           / (tipstaff_enforce_budget_size{job=~"$job"} > 0))''',
    )  # fmt: skip
