"""Account: drill-down into one account, from the ledger alone; no metric ever names an account."""

# The SQL is made of constants of this file and of Grafana's variables, which Grafana quotes.
# ruff: noqa: S608

from __future__ import annotations

from dashboards.boards import variables as pick
from dashboards.boards.board import Board, Row
from dashboards.boards.grading import worse_above
from dashboards.boards.links import RULE_OF_ROW, RUNBOOK_OF_ROW, to_board
from dashboards.boards.panels import figure, trend
from dashboards.boards.queries import Asked, rows, series
from dashboards.boards.sheets import Column, sheet

_MINE = "account_id = ${account:sqlstring} AND account_id <> ''"
"""An empty id is a cluster's, which is nobody's."""

_ITS_ALERT = "(${alert:sqlstring} = '' OR alert_id = ${alert:sqlstring})"
_PICK_ALERT = to_board("This alert's evidence and decisions", "tipstaff-account", account="${account:percentencode}",
                       alert="${__data.fields.alert_id:percentencode}")  # fmt: skip
_RULE = Column("rule", width=220, links=[RULE_OF_ROW, RUNBOOK_OF_ROW])

_GLANCE = Row(5, [
    sheet("What the operator knows", "The account's facts as the operator last told them: plan, since when, contract, "
          "how many others stop when it stops, spend of 90 days in USD. Facts that are not known keep account-wide "
          "rungs for people.",
          [rows(f"SELECT plan, created, contract, dependants, spend_usd_90d, as_of FROM shown.accounts WHERE {_MINE}")],
          [Column("spend_usd_90d", "currencyUSD")]),
    figure("Alerts about it", "Alerts about it in the time range, of any stage.",
           rows(f"SELECT count(*) FROM shown.alerts WHERE {_MINE} AND $__timeFilter(taken)"), "short"),
    figure("Rules", "Detectors that raised them.",
           rows(f"SELECT count(DISTINCT rule) FROM shown.alerts WHERE {_MINE} AND $__timeFilter(taken)"), "short"),
    figure("Strikes", "Strikes that were given and not taken back; policy.yaml says after how long they decay.",
           rows(f"SELECT coalesce(sum(which::int), 0) FROM shown.standing WHERE {_MINE} AND what = 'strike'"), "short",
           worse_above(1, 3)),
    figure("Open cases", "Cases about it that nobody has closed.",
           rows(f"SELECT count(*) FROM shown.cases WHERE {_MINE} AND state = 'open'"), "short", worse_above(1, None)),
], [12, 3, 3, 3, 3])  # fmt: skip

_STANDING = Row(7, [
    sheet("Standing", "What is in force for it now, with strikes, protections, mutes, and whether others suspended it. "
          "Empty: nothing.",
          [rows(f"SELECT what, which, clause, since, until FROM shown.standing WHERE {_MINE} ORDER BY since DESC")],
          [Column("what", width=130), Column("clause", width=130)]),
    sheet("Actions", "What was done or proposed, with its state. Undo: `tipstaff actions undo ID --why …`.",
          [rows(f"""
              SELECT decided, rung, kind, entity_id, state, rule, clause, automatic, overturned, held_by, ends,
                     action_id
              FROM shown.actions WHERE {_MINE} AND $__timeFilter(decided) ORDER BY decided DESC LIMIT 100""")],
          [Column("decided", width=150), Column("state", width=90), _RULE]),
], [9, 15])  # fmt: skip


def _recorded(value: str, where: str) -> Asked:
    """What alerts recorded of features, one point for each revision."""
    return series(f"""
        SELECT newest_evidence AS time, feature || ' (' || rule || ')' AS metric, {value} AS value
        FROM shown.evidence WHERE {_MINE} AND {_ITS_ALERT} AND $__timeFilter(newest_evidence)
          AND feature IS NOT NULL AND value IS NOT NULL AND {where} ORDER BY 1""")


_FEATURES = Row(9, [
    sheet("Alerts", "Each alert's newest revision; its id leads to its evidence and decisions alone.",
          [rows(f"""
              SELECT taken, severity, rule, clause, kind, entity_id, started, revision, signals, alert_id
              FROM shown.alerts WHERE {_MINE} AND $__timeFilter(taken) ORDER BY taken DESC LIMIT 100""")],
          [Column("taken", width=150), Column("severity", width=80), Column("revision", width=80), _RULE,
           Column("alert_id", links=[_PICK_ALERT])]),
    trend("Features beside their thresholds", "Each feature as its alerts recorded it, as a multiple of the rule's "
          "threshold, at the alert's newest evidence. Between alerts nothing is recorded.",
          [_recorded("value / threshold", "threshold > 0")], "suffix: ×", points=True),
    trend("Shares as recorded", "Features that are shares, as alerts recorded them.",
          [_recorded("value", "unit = 'share'")], "percentunit", points=True, most=1),
], [12, 7, 5])  # fmt: skip

_WHY = Row(9, [
    sheet("Evidence", "Why: each condition that held, its value, the rule's threshold, the span that it covers, the "
          "share of the account's peers with less, and the nearest value at which it would not have fired.",
          [rows(f"""
              SELECT newest_evidence, rule, revision, condition, feature, value_told AS value, operator,
                     threshold_told AS threshold, unit, span_s, peer_share, clear_value, moved, usual
              FROM shown.evidence WHERE {_MINE} AND {_ITS_ALERT} AND $__timeFilter(newest_evidence)
              ORDER BY newest_evidence DESC, rule, number LIMIT 300""")],
          [Column("newest_evidence", width=150), _RULE, Column("revision", width=70), Column("span_s", "s", 80),
           Column("peer_share", "percentunit", 90)]),
    sheet("Decisions", "What policy made of each alert revision; the reason of a held one is the guard that held it, "
          "and the figures are what the reason rests on.",
          [rows(f"""
              SELECT decided, rule, revision, outcome, reason, rung, entity_id, figures
              FROM shown.decisions WHERE {_MINE} AND {_ITS_ALERT} AND $__timeFilter(decided)
              ORDER BY decided DESC LIMIT 200""")],
          [Column("decided", width=150), _RULE, Column("revision", width=70), Column("outcome", width=80)]),
], [13, 11])  # fmt: skip

_PEOPLE = Row(6, [
    sheet("Cases", "What people work on, or worked on, about it.",
          [rows(f"""
              SELECT opened, role, clause, state, urgent, assignee, due, closed, disposition, case_id
              FROM shown.cases WHERE {_MINE} ORDER BY opened DESC LIMIT 50""")]),
    sheet("Appeals and reports", "What its owner and others said of it, without their words.",
          [rows(f"""
              SELECT appealed AS at, 'appeal' AS what, rung AS about, state, answered FROM shown.appeals WHERE {_MINE}
              UNION ALL
              SELECT taken, 'report', kind, state, answered FROM shown.reports WHERE {_MINE}
              ORDER BY 1 DESC LIMIT 50""")]),
], [13, 11])  # fmt: skip

BOARD = Board(
    "tipstaff-account", "tipstaff / Account",
    "One account: what it is, what is in force, which alerts, why, and what was decided. Child safety's matters are "
    "shown to that role alone, by `tipstaff accounts show`.",
    [pick.prometheus(), pick.ledger(), pick.job(), pick.account(), pick.alert(), pick.runbooks()],
    [_GLANCE, _STANDING, _FEATURES, _WHY, _PEOPLE], since="now-7d", refresh="1m",
)  # fmt: skip
