"""Month: what management asks: abuse contained, time to contain, spend held off, overturns, backlog."""

# The SQL is made of constants of this file and of Grafana's variables, which Grafana quotes.
# ruff: noqa: S608

from __future__ import annotations

from dashboards.boards import standing_figures as standing
from dashboards.boards import variables as pick
from dashboards.boards.board import Board, Row
from dashboards.boards.grading import better_above, worse_above
from dashboards.boards.links import CASES, RULE_OF_ROW, RUNBOOK_OF_ROW
from dashboards.boards.panels import bars, figure, trend
from dashboards.boards.queries import rows, series
from dashboards.boards.sheets import Column, sheet

_CONTAINED = "rung <> 'notice' AND $__timeFilter(confirmed)"
"""Confirmed restrictions of the time range; a notice takes nothing away."""

_JUDGED = "disposition IN ('violation', 'victim', 'no_violation')"
_OVERTURNED_SHARE = "avg(overturned::int)"

_GLANCE = Row(5, [
    figure("Accounts contained", "Accounts upon which a restriction was confirmed in the time range and not overturned "
           "since.",
           rows(f"""
               SELECT count(DISTINCT account_id) FROM shown.actions WHERE {_CONTAINED} AND NOT overturned"""), "short"),
    figure("Time to contain", "From the start of an episode to the confirmed delivery of what restricts it: half of "
           "the restrictions of the time range.",
           rows(f"""
               SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY contained_after_s)
               FROM shown.actions WHERE {_CONTAINED} AND contained_after_s IS NOT NULL"""), "s",
           worse_above(900, 3600)),
    figure("Overturned", "Share of the time range's restrictions that a person or an appeal reversed. Above 2 % the "
           "rules behind them are looked at.",
           rows(f"SELECT {_OVERTURNED_SHARE} FROM shown.actions WHERE {_CONTAINED}"), "percentunit",
           worse_above(0.01, 0.02)),
    figure("Alerts that were right", "Of the cases closed in the time range with a judgement, the share that were "
           "violations, or of which the account's holder was the victim.",
           rows(f"""
               SELECT avg((disposition <> 'no_violation')::int) FROM shown.cases
               WHERE $__timeFilter(closed) AND {_JUDGED}"""), "percentunit", better_above(0.8, 0.9)),
    figure("Open cases", "Cases open now.", rows("SELECT count(*) FROM shown.cases WHERE state = 'open'"), "short",
           links=[CASES]),
    figure("Spend held off (estimate)", "An estimate: the USD an hour that the alert's evidence recorded (spent_1h), "
           "times the hours that its restriction was in force, at most 24 of them, since nobody knows how long abuse "
           "would have gone on. Restrictions whose evidence tells no cost count as nothing; the shipped rules tell "
           "none, one of your own with a condition on spent_1h does.",
           rows("""
               SELECT sum(usd_per_h * least(in_force_s, 86400) / 3600) FROM shown.costs
               WHERE $__timeFilter(decided)"""), "currencyUSD", none="not told by the evidence"),
    standing.detection_objective(),
    standing.delivery_objective(),
])  # fmt: skip

_CONTAINMENT = Row(9, [
    trend("Restrictions a day, by clause", "Restrictions confirmed, by the clause of the policy that was broken.",
          [series(f"""
              SELECT $__timeGroup(confirmed, '1d') AS time, clause AS metric, count(*) AS restrictions
              FROM shown.actions WHERE {_CONTAINED} GROUP BY 1, 2 ORDER BY 1""")], "short", stacked=True),
    trend("Time to contain, by day", "Half of a day's restrictions, and 90 % of them, were confirmed within so long of "
          "the start of their episode.",
          [series(f"""
              SELECT $__timeGroup(confirmed, '1d') AS time, told AS metric,
                     percentile_cont(share) WITHIN GROUP (ORDER BY contained_after_s) AS seconds
              FROM shown.actions CROSS JOIN (VALUES (0.5, 'half'), (0.9, '90 %')) AS wanted (share, told)
              WHERE {_CONTAINED} AND contained_after_s IS NOT NULL GROUP BY 1, 2, share ORDER BY 1""")], "s",
          points=True),
    bars("Who decided", "Restrictions confirmed in the time range: by policy alone, by policy with a person's "
         "approval, or by a person.",
         rows(f"""
             SELECT CASE WHEN NOT automatic THEN 'a person' WHEN held_by IS NOT NULL THEN 'policy, approved'
                    ELSE 'policy alone' END AS who, count(*) AS restrictions
             FROM shown.actions WHERE {_CONTAINED} GROUP BY 1 ORDER BY 2 DESC"""), "short", of_rows=True),
], [10, 8, 6])  # fmt: skip

_RIGHT = Row(9, [
    sheet("By rule", "Restrictions confirmed in the time range, how many were overturned, and how long half of them "
          "took.",
          [rows(f"""
              SELECT coalesce(nullif(rule, ''), 'none') AS rule, clause, count(*) AS restrictions,
                     count(*) FILTER (WHERE overturned) AS overturned, {_OVERTURNED_SHARE} AS share,
                     percentile_cont(0.5) WITHIN GROUP (ORDER BY contained_after_s) AS half_s
              FROM shown.actions WHERE {_CONTAINED} GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 100""")],
          [Column("rule", links=[RULE_OF_ROW, RUNBOOK_OF_ROW]), Column("restrictions", width=100),
           Column("overturned", width=100), Column("share", "percentunit", 90, worse_above(0.01, 0.02)),
           Column("half_s", "s", 110, shown_as="half within")]),
    sheet("Cases by clause", "Cases closed in the time range by what came of them, and those that are open.",
          [rows("""
              SELECT coalesce(nullif(clause, ''), 'none') AS clause,
                     count(*) FILTER (WHERE closed IS NOT NULL AND disposition = 'violation') AS violation,
                     count(*) FILTER (WHERE closed IS NOT NULL AND disposition = 'victim') AS victim,
                     count(*) FILTER (WHERE closed IS NOT NULL AND disposition = 'no_violation') AS no_violation,
                     count(*) FILTER (WHERE closed IS NOT NULL AND disposition NOT IN
                         ('violation', 'victim', 'no_violation')) AS neither,
                     count(*) FILTER (WHERE state = 'open') AS open
              FROM shown.cases WHERE state = 'open' OR $__timeFilter(closed) GROUP BY 1 ORDER BY 1""")]),
], [13, 11])  # fmt: skip

_BACKLOG = Row(8, [
    trend("Backlog", "Cases that were open at each day's turn.",
          [series("""
              SELECT day AS time, 'open' AS metric, count(case_id) AS cases
              FROM generate_series($__timeFrom()::timestamptz, $__timeTo()::timestamptz, interval '1 day') AS day
              LEFT JOIN shown.cases ON opened <= day AND (closed IS NULL OR closed > day) GROUP BY 1 ORDER BY 1""")],
          "short"),
    trend("Overturned a day", "Restrictions, by the day that they were confirmed, that a person or an appeal reversed.",
          [series(f"""
              SELECT $__timeGroup(confirmed, '1d') AS time, rung AS metric, count(*) AS overturned
              FROM shown.actions WHERE {_CONTAINED} AND overturned GROUP BY 1, 2 ORDER BY 1""")], "short",
          stacked=True),
    trend("Appeals and reports a day", "What owners and others brought.",
          [series("""
              SELECT $__timeGroup(appealed, '1d') AS time, 'appeals' AS metric, count(*) AS brought FROM shown.appeals
              WHERE $__timeFilter(appealed) GROUP BY 1
              UNION ALL
              SELECT $__timeGroup(taken, '1d'), 'reports', count(*) FROM shown.reports
              WHERE $__timeFilter(taken) GROUP BY 1 ORDER BY 1""")], "short", points=True),
])  # fmt: skip

BOARD = Board(
    "tipstaff-month", "tipstaff / Month",
    "What was contained, how soon, how often we were wrong, and what is left to do; without child safety's matters.",
    [pick.prometheus(), pick.ledger(), pick.job(), pick.runbooks()], [_GLANCE, _CONTAINMENT, _RIGHT, _BACKLOG],
    since="now-30d", refresh="15m",
)  # fmt: skip
