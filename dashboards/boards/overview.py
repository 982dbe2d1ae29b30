"""Overview: what is happening, what is held back, is the pipeline healthy."""

from __future__ import annotations

from dashboards.boards import standing_figures as standing
from dashboards.boards import variables as pick
from dashboards.boards.board import Board, Row
from dashboards.boards.grading import better_above, worse_above
from dashboards.boards.links import ACCOUNT, CLAUSE, ENFORCEMENT, PIPELINE, RULE, RULE_OF_ROW, RUNBOOK, RUNBOOK_OF_ROW
from dashboards.boards.panels import bars, figure, trend
from dashboards.boards.queries import now, over_time, rows
from dashboards.boards.sheets import Column, sheet

_GLANCE = Row(4, [
    standing.switch(),
    figure("Events", "Events taken in per second, all types.",
           over_time('sum(rate(tipstaff_events_total{job=~"$job"}[$__rate_interval]))'), "eps", links=[PIPELINE]),
    standing.lag(),
    figure("Alerts", "Alert revisions raised in the time range, by all detectors, shadow ones among them.",
           now('sum(increase(tipstaff_alerts_total{job=~"$job"}[$__range]))'), "short"),
    standing.waiting(),
    standing.overdue(),
    standing.detection_objective(),
    standing.delivery_objective(),
])  # fmt: skip

_HAPPENING = Row(8, [
    trend("Alerts by clause", "Alert revisions per minute, by the clause of the policy that they come under.",
          [over_time('sum by (clause) (rate(tipstaff_alerts_total{job=~"$job"}[$__rate_interval])) * 60 > 0',
                     "{{clause}}")],
          "cpm", stacked=True, links=[CLAUSE]),
    bars("Most alerts by rule", "The ten rules with most alert revisions in the time range. A rule far above its own "
         "past may misfire: its runbook says how to tell.",
         now('topk(10, sum by (rule) (increase(tipstaff_alerts_total{job=~"$job"}[$__range])) > 0)', "{{rule}}"),
         "short", links=[RULE, RUNBOOK]),
    sheet("Newest alerts", "The newest alerts that the ledger took in, of any stage; child safety's are shown nowhere "
          "but to its role.",
          [rows("""
              SELECT taken, severity, rule, clause, account_id, kind FROM shown.alerts
              WHERE $__timeFilter(taken) ORDER BY taken DESC LIMIT 50""")],
          [Column("taken", width=150), Column("severity", width=80), Column("clause", width=120),
           Column("rule", links=[RULE_OF_ROW, RUNBOOK_OF_ROW]), Column("account_id", links=[ACCOUNT])],
          hidden=["kind"]),
], [8, 6, 10])  # fmt: skip

_HELD = Row(8, [
    trend("Decisions by outcome", "Decisions per minute: act, held (policy wanted it, a guard holds it back), "
          "nothing (policy wants nothing more).",
          [over_time('sum by (outcome) (rate(tipstaff_enforce_decisions_total{job=~"$job"}[$__rate_interval])) * 60',
                     "{{outcome}}")],
          "cpm", stacked=True, links=[ENFORCEMENT]),
    bars("Held back by guard", "Decisions in the time range that wanted a rung and did not get it, by the guard that "
         "held them; stage is a rule that is not live yet.",
         now('sort_desc(sum by (reason) (increase(tipstaff_enforce_held_total{job=~"$job"}[$__range])) > 0)',
             "{{reason}}"), "short", links=[ENFORCEMENT]),
    bars("Budgets left", standing.budgets_left()[0], now(standing.budgets_left()[1], "{{purse}}"), "percentunit",
         better_above(0.1, 0.25), most=1, links=[ENFORCEMENT]),
    bars("In force, by rung", "Actions that the receivers have confirmed and that are in force now.",
         now('max by (rung) (tipstaff_enforce_actions{job=~"$job",state="confirmed"})', "{{rung}}"), "short",
         links=[ENFORCEMENT]),
])  # fmt: skip

_HEALTH = Row(8, [
    trend("Events by type", "Events taken in per second, by type.",
          [over_time('sum by (type) (rate(tipstaff_events_total{job=~"$job"}[$__rate_interval])) > 0', "{{type}}")],
          "eps", stacked=True, links=[PIPELINE]),
    trend("Lag by process", "Age of the newest record taken in, of each process's slowest partition with unread ones.",
          [over_time('tipstaff_lag_seconds{job=~"$job"}', "{{instance}}")], "s",
          worse_above(60, standing.LAG_GATE_S), links=[PIPELINE]),
    trend("Dead letters", "Share of records that could not be read; above 10 % a finite input is refused.",
          [over_time("""sum(rate(tipstaff_dead_letters_total{job=~"$job"}[$__rate_interval]))
              / (sum(rate(tipstaff_events_total{job=~"$job"}[$__rate_interval]))
                 + sum(rate(tipstaff_dead_letters_total{job=~"$job"}[$__rate_interval])) > 0)""", "dead letters")],
          "percentunit", worse_above(0.01, 0.1), links=[PIPELINE]),
    trend("Outbox: oldest message", "Age of the oldest message that waits to leave, by where it goes.",
          [over_time('max by (sink) (tipstaff_enforce_outbox_oldest_seconds{job=~"$job"})', "{{sink}}")], "s",
          worse_above(60, 900), links=[ENFORCEMENT]),
])  # fmt: skip

BOARD = Board(
    "tipstaff-overview", "tipstaff / Overview",
    "What is happening, what is held back, and whether the pipeline is healthy.",
    [pick.prometheus(), pick.ledger(), pick.job(), pick.runbooks()], [_GLANCE, _HAPPENING, _HELD, _HEALTH],
)  # fmt: skip
