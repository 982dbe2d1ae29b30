"""Detection: by clause and rule, shadow beside live."""

# The SQL is made of constants of this file and of Grafana's variables, which Grafana quotes.
# ruff: noqa: S608

from __future__ import annotations

from dashboards.boards import standing_figures as standing
from dashboards.boards import variables as pick
from dashboards.boards.board import Board, Row
from dashboards.boards.grading import worse_above
from dashboards.boards.links import ACCOUNT, CLAUSE, RULE_OF_ROW, RUNBOOK, RUNBOOK_OF_ROW
from dashboards.boards.panels import figure, trend
from dashboards.boards.queries import now, over_time, picked, rows, table_now
from dashboards.boards.sheets import Column, sheet

_ALERTS = 'tipstaff_alerts_total{job=~"$job",rule=~"$rule",clause=~"$clause"}'
_STAGED = 'tipstaff_enforce_rule_alerts_total{{job=~"$job",rule=~"$rule",clause=~"$clause",stage="{}"}}'


def _of_stage(stage: str) -> str:
    return f"sum by (rule, clause) (increase({_STAGED.format(stage)}[$__range]))"


def _loudest(stage: str) -> str:
    return f"topk(10, sum by (rule) (rate({_STAGED.format(stage)}[$__rate_interval])) * 3600 > 0)"


_GLANCE = Row(4, [
    figure("Alerts", "Alert revisions raised in the time range by the detectors picked above.",
           now(f"sum(increase({_ALERTS}[$__range]))"), "short"),
    figure("Rules that fired", "Of the detectors picked above, how many raised anything in the time range.",
           now(f"count(sum by (rule) (increase({_ALERTS}[$__range])) > 0)"), "short", none="0"),
    figure("In shadow", "New alerts (first revisions) in the time range of rules in shadow: they are decided upon, and "
           "nothing follows but what the decision says.",
           now(f'sum(increase({_STAGED.format("shadow")}[$__range]))'), "short"),
    figure("Live", "New alerts (first revisions) in the time range of rules that may act on every account.",
           now(f'sum(increase({_STAGED.format("live")}[$__range]))'), "short"),
    figure("Entities", "Accounts, keys, workloads and end users whose features are kept now.",
           over_time('sum(tipstaff_entities{job=~"$job"})'), "short"),
    standing.detection_objective(),
])  # fmt: skip

_OVER_TIME = Row(9, [
    trend("Alerts by clause", "Alert revisions per hour, by the clause of the policy that they come under.",
          [over_time(f"sum by (clause) (rate({_ALERTS}[$__rate_interval])) * 3600 > 0", "{{clause}}")], "short",
          stacked=True, links=[CLAUSE]),
    trend("Shadow: the ten loudest", "New alerts per hour of rules in shadow. Set it beside the live ones: a rule that "
          "is far louder than those has to earn its way.",
          [over_time(_loudest("shadow"), "{{rule}}")], "short", stacked=True, links=[RUNBOOK]),
    trend("Live and canary: the ten loudest", "New alerts per hour of rules that may act on all or on some accounts.",
          [over_time(_loudest("live"), "{{rule}} (live)"),
           over_time(_loudest("canary"), "{{rule}} (canary)")], "short", stacked=True, links=[RUNBOOK]),
])  # fmt: skip

_BY_RULE = Row(11, [
    sheet("Rules", "New alerts in the time range by rule, in the stage that the rule had then. The links lead to the "
          "rule's own detections and to its runbook.",
          [table_now(f"{_of_stage(stage)} > 0") for stage in ("shadow", "canary", "live")],
          [Column("rule", links=[RULE_OF_ROW, RUNBOOK_OF_ROW]), Column("clause", width=160),
           Column("Value #A", width=90, shown_as="shadow"), Column("Value #B", width=90, shown_as="canary"),
           Column("Value #C", width=90, shown_as="live")],
          hidden=["Time"]),
    sheet("Their alerts", "The newest alerts of the rules and clauses picked above, with what each rests on.",
          [rows(f"""
              SELECT taken, severity, rule, clause, account_id, kind, entity_id, revision, signals
              FROM shown.alerts
              WHERE $__timeFilter(taken) AND {picked("rule", "rule")} AND {picked("clause", "clause")}
              ORDER BY taken DESC LIMIT 200""")],
          [Column("taken", width=150), Column("severity", width=80), Column("revision", width=80),
           Column("rule", links=[RULE_OF_ROW, RUNBOOK_OF_ROW]), Column("account_id", links=[ACCOUNT])]),
], [10, 14])  # fmt: skip

_DELAY = """histogram_quantile({}, sum by (le, on)
    (rate(tipstaff_alert_delay_seconds_bucket{{job=~"$job"}}[$__rate_interval])))"""

_HOW_WELL = Row(9, [
    trend("From evidence to durable", "Half of the alerts, and 99 % of them, were durable within so many seconds of "
          "their newest evidence; by what judged them: an event, a tick, a cluster. Live input alone.",
          [over_time(_DELAY.format(0.5), "half, {{on}}"), over_time(_DELAY.format(0.99), "99 %, {{on}}")],
          "s", worse_above(None, 30)),
    trend("Severity", "Alert revisions per hour, by severity.",
          [over_time(f"sum by (severity) (rate({_ALERTS}[$__rate_interval])) * 3600 > 0", "{{severity}}")], "short",
          stacked=True),
    trend("Model drift", "Population stability index between what a model learnt on and what it sees: of its scores, "
          "and of its ten features that moved most. Above 0.1 look; above 0.25 train anew.",
          [over_time('max by (model, of) (tipstaff_model_drift_psi{job=~"$job"})', "{{model}}: {{of}}"),
           over_time('topk(10, max by (model, feature) (tipstaff_model_feature_drift_psi{job=~"$job"}))',
                     "{{model}}: {{feature}}")],
          "none", worse_above(0.1, 0.25)),
    trend("Alerts of models alone", "Alerts that no rule supports, in the ledger now, by what became of them: they "
          "wait until the day's allowance reaches them.",
          [over_time('max by (state) (tipstaff_enforce_model_alerts{job=~"$job"})', "{{state}}")], "short"),
])  # fmt: skip

BOARD = Board(
    "tipstaff-detection", "tipstaff / Detection",
    "What the rules and models find: by clause and by rule, those in shadow beside those that are live.",
    [pick.prometheus(), pick.ledger(), pick.job(), pick.clause(), pick.rule(), pick.runbooks()],
    [_GLANCE, _OVER_TIME, _BY_RULE, _HOW_WELL],
)  # fmt: skip
