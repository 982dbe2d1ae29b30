"""What dashboards may see: views in a schema of their own, on PostgreSQL.

They run with their owner's rights, so whoever may read `shown` alone (dashboards/postgres/reader.sql) reaches nothing
else, and as security barriers, so that no function of a reader's own sees a row that a view leaves out. Left out are
child safety's rows and whatever people wrote. A later migration that changes a column they use makes them anew.
"""

# The SQL is made of constants of this file.
# ruff: noqa: S608

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = "to_timestamp({} / 1000.0)"

_ALERTS = f"""
SELECT alert_id, revision, account_id, kind, regexp_replace(entity, '^.*' || chr(31), '') AS entity_id, rule,
       rule_version, title, clause, severity, plan, pack,
       (SELECT string_agg(signal, ', ' ORDER BY signal) FROM jsonb_array_elements_text(signals) AS signal) AS signals,
       to_timestamp(start_tick * 10) AS started, {_TIME.format("time_ms")} AS newest_evidence,
       {_TIME.format("first_taken_ms")} AS first_taken, {_TIME.format("taken_ms")} AS taken
FROM alerts WHERE NOT restricted
"""

_EVIDENCE = f"""
SELECT alerts.alert_id, one.revision, alerts.account_id, alerts.rule, alerts.clause,
       {_TIME.format("one.time_ms")} AS newest_evidence, {_TIME.format("one.taken_ms")} AS taken,
       part.number, part.told->>'condition' AS condition, part.told->>'feature' AS feature,
       CASE WHEN jsonb_typeof(part.told->'value') = 'number' THEN (part.told->>'value')::float8 END AS value,
       left(part.told->>'value', 200) AS value_told, part.told->>'operator' AS operator,
       CASE WHEN jsonb_typeof(part.told->'threshold') = 'number' THEN (part.told->>'threshold')::float8 END AS threshold,
       left(part.told->>'threshold', 200) AS threshold_told, part.told->>'unit' AS unit,
       (part.told->>'span_ms')::float8 / 1000 AS span_s, (part.told->>'clear_value')::float8 AS clear_value,
       (part.told->>'peer_share')::float8 AS peer_share, part.told->>'peer_plan' AS peer_plan,
       (part.told->>'moved')::float8 AS moved, (part.told->>'usual')::float8 AS usual
FROM alert_revisions AS one JOIN alerts USING (alert_id)
CROSS JOIN LATERAL jsonb_array_elements(coalesce(one.evidence, '[]'::jsonb)) WITH ORDINALITY AS part (told, number)
WHERE NOT alerts.restricted
"""

_DECISIONS = f"""
SELECT one.decision, {_TIME.format("one.decided_ms")} AS decided, one.alert_id, one.revision, one.account_id, one.clause,
       one.rule, one.rule_version, one.outcome, one.reason, one.rung, one.kind, one.entity_id, one.action_id,
       (SELECT string_agg(figure.key || ' ' || figure.value, ', ' ORDER BY figure.key)
        FROM jsonb_each_text(one.figures) AS figure) AS figures
FROM decisions AS one JOIN alerts USING (alert_id) WHERE NOT alerts.restricted
"""

# An end that was to come stands in ends_ms until it came: since then it is when it came.
_ACTIONS = f"""
SELECT one.action_id, one.account_id, one.rung, one.kind, one.entity_id, one.clause, one.rule, one.rule_version,
       one.alert_id, one.state, one.purse, one.held_by, one.by IS NULL AS automatic,
       coalesce(one.state = 'reversed' AND one.ended_by <> 'policy', false) AS overturned,
       {_TIME.format("one.decided_ms")} AS decided, {_TIME.format("one.confirmed_ms")} AS confirmed,
       {_TIME.format("one.ends_ms")} AS ends, {_TIME.format("one.not_after_ms")} AS not_after,
       one.confirmed_ms / 1000.0 - alerts.start_tick * 10 AS contained_after_s,
       greatest(0, extract(epoch FROM least(to_timestamp(one.ends_ms / 1000.0), now())) - one.confirmed_ms / 1000.0)
           AS in_force_s
FROM actions AS one LEFT JOIN alerts ON alerts.alert_id = one.alert_id
WHERE NOT one.restricted AND NOT coalesce(alerts.restricted, false)
"""

_STANDING = f"""
SELECT account_id, 'action' AS what, rung || ' of ' || kind || ' ' || entity_id AS which, clause,
       {_TIME.format("coalesce(confirmed_ms, decided_ms)")} AS since, {_TIME.format("ends_ms")} AS until
FROM actions WHERE state IN ('guarded', 'dispatched', 'confirmed') AND NOT restricted
UNION ALL
SELECT strikes.account_id, 'strike', strikes.count::text, strikes.clause, {_TIME.format("strikes.given_ms")}, NULL
FROM strikes JOIN actions USING (action_id) WHERE strikes.reversed_ms IS NULL AND NOT actions.restricted
UNION ALL
SELECT account_id, 'protection', 'by a person', NULL, NULL, {_TIME.format("until_ms")} FROM protections
UNION ALL
SELECT account_id, 'mute', rule, NULL, {_TIME.format("made_ms")}, {_TIME.format("until_ms")} FROM mutes
UNION ALL
SELECT account_id, 'suspended elsewhere', NULL, NULL, {_TIME.format("since_ms")}, NULL FROM suspended_elsewhere
"""

_CASES = f"""
SELECT case_id, role, clause, account_id, state, urgent, assignee, {_TIME.format("opened_ms")} AS opened,
       {_TIME.format("due_ms")} AS due, {_TIME.format("closed_ms")} AS closed, disposition,
       (SELECT count(*) FROM case_links AS link WHERE link.case_id = cases.case_id AND link.what = 'alert') AS alerts,
       (SELECT count(*) FROM case_links AS link WHERE link.case_id = cases.case_id AND link.what = 'account') AS accounts
FROM cases WHERE NOT restricted
"""

_APPEALS = f"""
SELECT one.appeal_id, one.action_id, one.account_id, actions.rung, actions.clause, actions.rule, one.state,
       {_TIME.format("one.appealed_ms")} AS appealed, {_TIME.format("one.answered_ms")} AS answered
FROM appeals AS one JOIN actions USING (action_id) WHERE NOT actions.restricted
"""

_REPORTS = f"""
SELECT one.report_id, one.kind, one.clause, one.trust, one.account_id, one.state, one.case_id,
       {_TIME.format("one.taken_ms")} AS taken, {_TIME.format("one.answered_ms")} AS answered
FROM reports AS one JOIN cases USING (case_id) WHERE NOT cases.restricted
"""

_ACCOUNTS = f"""
SELECT account_id, known->>'plan' AS plan, (known->>'contract')::boolean AS contract,
       (known->>'dependants')::bigint AS dependants, (known->>'spend_usd_90d')::float8 AS spend_usd_90d,
       {_TIME.format("(known->>'created_ms')::bigint")} AS created, {_TIME.format("as_of_ms")} AS as_of
FROM facts
"""

# What the requests of an hour had cost by the newest evidence of each action's alert that is told in dollars.
_COSTS = """
SELECT action_id, account_id, clause, rule, decided, rung, in_force_s,
       (SELECT max(seen.value * 3600 / seen.span_s) FROM shown.evidence AS seen
        WHERE seen.alert_id = actions.alert_id AND seen.unit = 'USD' AND seen.feature LIKE 'spent%' AND seen.span_s > 0)
           AS usd_per_h
FROM shown.actions WHERE confirmed IS NOT NULL AND NOT overturned AND rung <> 'notice'
"""

_VIEWS = {
    "alerts": _ALERTS, "evidence": _EVIDENCE, "decisions": _DECISIONS, "actions": _ACTIONS, "standing": _STANDING,
    "cases": _CASES, "appeals": _APPEALS, "reports": _REPORTS, "accounts": _ACCOUNTS, "costs": _COSTS,
    "waiting": f"""SELECT change, verb, {_TIME.format("asked_ms")} AS asked, {_TIME.format("until_ms")} AS until
                   FROM pending WHERE NOT restricted""",
    "stages": f"SELECT rule, rule_version, stage, share, {_TIME.format('since_ms')} AS since FROM stages",
    "switch": f'SELECT scope, "on", {_TIME.format("at_ms")} AS at FROM switch',
}  # fmt: skip

# Whichever comes second, this or dashboards/postgres/reader.sql, lets the reader in.
_LET_IN = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tipstaff_grafana') THEN
    GRANT USAGE ON SCHEMA shown TO tipstaff_grafana;
    GRANT SELECT ON ALL TABLES IN SCHEMA shown TO tipstaff_grafana;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make the views; SQLite has nobody to show them to."""
    if op.get_bind().dialect.name != "postgresql":
        return
    # An administrator may have made it for a user who may make none: CREATE SCHEMA shown AUTHORIZATION that user.
    if op.get_bind().exec_driver_sql("SELECT to_regnamespace('shown') IS NULL").scalar():
        op.execute("CREATE SCHEMA shown")
    for name, query in _VIEWS.items():
        op.execute(f"CREATE OR REPLACE VIEW shown.{name} WITH (security_barrier) AS {query}")
    op.execute(_LET_IN)


def downgrade() -> None:
    """Remove them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SCHEMA IF EXISTS shown CASCADE")
