"""Cases: what people work on, what is late, and what came of it."""

# The SQL is made of constants of this file and of Grafana's variables, which Grafana quotes.
# ruff: noqa: S608

from __future__ import annotations

from dashboards.boards import standing_figures as standing
from dashboards.boards import variables as pick
from dashboards.boards.board import Board, Row
from dashboards.boards.grading import PLAIN, worse_above
from dashboards.boards.links import ACCOUNT, CASES_OF_ROLE
from dashboards.boards.panels import bars, figure, trend
from dashboards.boards.queries import now, over_time, picked, rows, series
from dashboards.boards.sheets import Column, sheet

_THEIRS = picked("role", "role")

_GLANCE = Row(4, [
    figure("Open", "Cases that nobody has closed, of the roles picked above.",
           over_time('sum(max by (role) (tipstaff_enforce_cases_open{job=~"$job",role=~"$role"}))'), "short"),
    standing.overdue(),
    figure("Oldest", "Age of the oldest open case of the roles picked above.",
           over_time('max(tipstaff_enforce_case_oldest_seconds{job=~"$job",role=~"$role"})'), "s",
           worse_above(86_400, 3 * 86_400)),
    figure("Nobody's", "Open cases without an assignee.",
           rows(f"SELECT count(*) FROM shown.cases WHERE state = 'open' AND assignee IS NULL AND {_THEIRS}"), "short",
           worse_above(10, 50)),
    standing.waiting(),
    figure("Appeals open", "Appeals that nobody has answered; another person than the one who acted has to.",
           rows("SELECT count(*) FROM shown.appeals WHERE answered IS NULL"), "short", worse_above(1, 10)),
    figure("Reports open", "Reports of people that nobody has answered.",
           rows("SELECT count(*) FROM shown.reports WHERE answered IS NULL"), "short", worse_above(10, 100)),
    figure("Closed", "Cases closed in the time range.",
           rows(f"SELECT count(*) FROM shown.cases WHERE $__timeFilter(closed) AND {_THEIRS}"), "short"),
])  # fmt: skip

_QUEUE = Row(11, [
    sheet("Open cases", "Urgent ones first, then by when they are due. `tipstaff cases` takes, notes and closes them.",
          [rows(f"""
              SELECT due, urgent, role, clause, account_id, assignee, opened, alerts, accounts,
                     extract(epoch FROM due - now()) AS left_s, case_id
              FROM shown.cases WHERE state = 'open' AND {_THEIRS} ORDER BY urgent DESC, due LIMIT 200""")],
          [Column("due", width=150), Column("urgent", width=70), Column("account_id", links=[ACCOUNT]),
           Column("left_s", "s", 110, ((None, "red"), (0, "orange"), (3600, "green")), shown_as="time left"),
           Column("alerts", width=70), Column("accounts", width=80)]),
    bars("Open by role", "Cases that nobody has closed, by whose they are.",
         now('max by (role) (tipstaff_enforce_cases_open{job=~"$job"})', "{{role}}"), "short", links=[CASES_OF_ROLE]),
    bars("Open by clause", "The same by the clause that they are under, of the roles picked above.",
         rows(f"""
             SELECT coalesce(nullif(clause, ''), 'none') AS clause, count(*) AS cases FROM shown.cases
             WHERE state = 'open' AND {_THEIRS} GROUP BY 1 ORDER BY 2 DESC LIMIT 15"""), "short", of_rows=True),
], [15, 4, 5])  # fmt: skip

_FLOW = Row(8, [
    trend("Opened and closed", "Cases a day.",
          [series(f"""
              SELECT $__timeGroup(opened, '1d') AS time, 'opened' AS metric, count(*) AS cases FROM shown.cases
              WHERE $__timeFilter(opened) AND {_THEIRS} GROUP BY 1
              UNION ALL
              SELECT $__timeGroup(closed, '1d'), 'closed', count(*) FROM shown.cases
              WHERE $__timeFilter(closed) AND {_THEIRS} GROUP BY 1 ORDER BY 1""")], "short", points=True),
    trend("Overdue", "Open cases whose time is over, by whose they are.",
          [over_time('max by (role) (tipstaff_enforce_cases_overdue{job=~"$job",role=~"$role"})', "{{role}}")],
          "short", PLAIN),
    bars("Time to close", "From a case's opening to its end, half of those closed in the time range, by role.",
         rows(f"""
             SELECT role, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed - opened)) AS half
             FROM shown.cases WHERE $__timeFilter(closed) AND {_THEIRS} GROUP BY 1 ORDER BY 2 DESC"""),
         "s", of_rows=True),
    bars("What came of them", "Cases closed in the time range, by disposition: violation, victim and no_violation "
         "judge the alerts; duplicate and unclear do not.",
         rows(f"""
             SELECT disposition, count(*) AS cases FROM shown.cases
             WHERE $__timeFilter(closed) AND {_THEIRS} GROUP BY 1 ORDER BY 2 DESC"""), "short", of_rows=True),
])  # fmt: skip

_WORDS = Row(7, [
    sheet("Appeals", "Newest first, without their words: `tipstaff appeals list` shows those.",
          [rows("""
              SELECT appealed, account_id, rung, rule, state, answered FROM shown.appeals
              WHERE $__timeFilter(appealed) ORDER BY appealed DESC LIMIT 100""")],
          [Column("account_id", links=[ACCOUNT])]),
    sheet("Reports", "Newest first, without their words: `tipstaff reports list` shows those.",
          [rows("""
              SELECT taken, kind, clause, trust, account_id, state, answered FROM shown.reports
              WHERE $__timeFilter(taken) ORDER BY taken DESC LIMIT 100""")],
          [Column("account_id", links=[ACCOUNT])]),
    sheet("Waiting for a second person", "What one person asked for and another has to agree to, until when.",
          [rows("SELECT asked, verb, until, change FROM shown.waiting WHERE until > now() ORDER BY until LIMIT 100")]),
])  # fmt: skip

BOARD = Board(
    "tipstaff-cases", "tipstaff / Cases",
    "What people work on, what is late, and what came of it. Child safety's cases are counted, and listed nowhere.",
    [pick.prometheus(), pick.ledger(), pick.job(), pick.role()], [_GLANCE, _QUEUE, _FLOW, _WORDS],
    since="now-7d", refresh="1m",
)  # fmt: skip
