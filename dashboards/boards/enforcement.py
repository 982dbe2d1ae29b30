"""Enforcement: the ladder, guards, budgets, deliveries, undo."""

from __future__ import annotations

from dashboards.boards import standing_figures as standing
from dashboards.boards import variables as pick
from dashboards.boards.board import Board, Row
from dashboards.boards.grading import better_above, worse_above
from dashboards.boards.links import ACCOUNT, RULE_OF_ROW, RUNBOOK_OF_ROW
from dashboards.boards.panels import bars, figure, trend
from dashboards.boards.queries import now, over_time, rows
from dashboards.boards.sheets import Column, sheet

_GLANCE = Row(4, [
    standing.switch(),
    figure("Scopes off", "Parts of enforcement that are switched off besides the whole of it, such as one rung.",
           over_time('max(tipstaff_enforce_switch_scopes_off{job=~"$job"})'), "short", worse_above(1, None)),
    standing.waiting(),
    figure("Budgets spent", "Budgets that ran out: each breaker waits for a person, who looks whether a rule misfires "
           "before closing it.",
           over_time('sum(max by (purse) (tipstaff_enforce_breakers_open{job=~"$job"}))'), "short",
           worse_above(None, 1)),
    figure("Sinks failing", "Receivers that fail so often that they are only probed.",
           over_time('sum(max by (sink) (tipstaff_enforce_sink_failing{job=~"$job"}))'), "short", worse_above(None, 1)),
    figure("Undelivered", "Actions in the time range that expired, were refused or given up before any delivery.",
           now('sum(increase(tipstaff_enforce_actions_undelivered_total{job=~"$job"}[$__range]))'), "short",
           worse_above(1, 10)),
    standing.delivery_objective(),
    figure("Overturned", "Actions in the ledger that a person or an appeal reversed.",
           over_time('sum(max by (rung) (tipstaff_enforce_overturned_actions{job=~"$job"}))'), "short"),
])  # fmt: skip

_LADDER = Row(8, [
    bars("In force, by rung", "Actions that the receivers have confirmed and that are in force now.",
         now('max by (rung) (tipstaff_enforce_actions{job=~"$job",state="confirmed"})', "{{rung}}"), "short"),
    trend("The ladder: acted", "Decisions per hour to act, by rung.",
          [over_time("""sum by (rung)
              (rate(tipstaff_enforce_decided_rungs_total{job=~"$job",outcome="act",rung!="none"}[$__rate_interval]))
              * 3600""", "{{rung}}")], "short", stacked=True),
    trend("Held back, by guard", "Decisions per hour that wanted a rung and did not get it, by the guard that held "
          "them; stage is a rule that is not live yet.",
          [over_time("""sum by (reason) (rate(tipstaff_enforce_held_total{job=~"$job"}[$__rate_interval]))
              * 3600 > 0""", "{{reason}}")], "short", stacked=True),
    trend("Held back, by rung", "The same by the rung that was wanted.",
          [over_time("""sum by (rung) (rate(tipstaff_enforce_held_total{job=~"$job"}[$__rate_interval]))
              * 3600 > 0""", "{{rung}}")], "short", stacked=True),
], [4, 7, 7, 6])  # fmt: skip

_DELIVERY = Row(8, [
    bars("Budgets left", standing.budgets_left()[0], now(standing.budgets_left()[1], "{{purse}}"), "percentunit",
         better_above(0.1, 0.25), most=1),
    trend("Deliveries", "Attempts per minute to deliver, by where and how they ended; below, attempts after the first.",
          [over_time("""sum by (sink, ending) (rate(tipstaff_enforce_deliveries_total{job=~"$job"}[$__rate_interval]))
              * 60 > 0""", "{{sink}}: {{ending}}"),
           over_time("""sum by (sink) (rate(tipstaff_enforce_retries_total{job=~"$job"}[$__rate_interval]))
              * -60 < 0""", "{{sink}}: retries")], "cpm", stacked=True, least=None),
    trend("Outbox", "Messages that wait to leave, by where they go.",
          [over_time('max by (sink) (tipstaff_enforce_outbox_messages{job=~"$job"})', "{{sink}}")], "short"),
    trend("Outbox: oldest message", "Age of the oldest message that waits to leave, by where it goes.",
          [over_time('max by (sink) (tipstaff_enforce_outbox_oldest_seconds{job=~"$job"})', "{{sink}}")], "s",
          worse_above(60, 900)),
], [4, 8, 6, 6])  # fmt: skip

_OUTCOME = Row(8, [
    trend("From decision to delivery", "Half of the actions, and 99 % of them, were confirmed within so many seconds "
          "of being decided or approved.",
          [over_time(f"""histogram_quantile({share}, sum by (le)
              (rate(tipstaff_enforce_action_delivery_seconds_bucket{{job=~"$job"}}[$__rate_interval])))""", told)
           for share, told in ((0.5, "half"), (0.99, "99 %"))], "s", worse_above(None, 60)),
    trend("Time to contain", "From the start of an episode to the confirmed delivery of what restricts it: half of "
          "the actions within so long, by rung, over the last day.",
          [over_time("""histogram_quantile(0.5, sum by (le, rung)
              (increase(tipstaff_enforce_time_to_contain_seconds_bucket{job=~"$job"}[1d])))""", "{{rung}}")], "s"),
    sheet("Newest actions", "What was done or proposed last, with its state; overturned: a person or an appeal "
          "reversed it. Approve, reject and undo with `tipstaff actions`, never from here.",
          [rows("""
              SELECT decided, rung, state, account_id, rule, clause, automatic, overturned, held_by, ends
              FROM shown.actions WHERE $__timeFilter(decided) ORDER BY decided DESC LIMIT 100""")],
          [Column("decided", width=150), Column("rung", width=110), Column("state", width=90),
           Column("account_id", links=[ACCOUNT]), Column("rule", links=[RULE_OF_ROW, RUNBOOK_OF_ROW])]),
], [6, 5, 13])  # fmt: skip

BOARD = Board(
    "tipstaff-enforcement", "tipstaff / Enforcement",
    "The ladder, the guards that hold back, budgets, deliveries and what was undone.",
    [pick.prometheus(), pick.ledger(), pick.job(), pick.runbooks()], [_GLANCE, _LADDER, _DELIVERY, _OUTCOME],
)  # fmt: skip
