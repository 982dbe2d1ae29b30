"""Begin."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OPEN = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "actions",
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
        sa.Column("not_after_ms", sa.BigInteger(), nullable=False),
        sa.Column("lasts_ms", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("ends_ms", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("purse", sa.Text(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("strikes", sa.BigInteger(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("end_users", _OPEN, nullable=True),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("desired_version", sa.BigInteger(), nullable=False),
        sa.Column("released_ms", sa.BigInteger(), nullable=True),
        sa.Column("leaves_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_actions")),
    )
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_actions_account_id_decided_ms"), ["account_id", "decided_ms"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_actions_decided_ms"), ["decided_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_actions_leaves_ms"), ["leaves_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_actions_rule_decided_ms"), ["rule", "decided_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_actions_state_ends_ms"), ["state", "ends_ms"], unique=False)

    op.create_table(
        "alert_revisions",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("evidence", _OPEN, nullable=True),
        sa.PrimaryKeyConstraint("alert_id", "revision", name=op.f("pk_alert_revisions")),
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("signals", _OPEN, nullable=True),
        sa.Column("start_tick", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.BigInteger(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.BigInteger(), nullable=False),
        sa.Column("runbook", sa.String(), nullable=False),
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("victim", sa.Text(), nullable=True),
        sa.Column("knowledge", sa.Text(), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("end_users", _OPEN, nullable=True),
        sa.Column("evidence", _OPEN, nullable=True),
        sa.Column("events", _OPEN, nullable=True),
        sa.Column("accounts", _OPEN, nullable=True),
        sa.Column("first_taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_account_id_taken_ms"), ["account_id", "taken_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_rule_taken_ms"), ["rule", "taken_ms"], unique=False)

    op.create_table(
        "appeals",
        sa.Column("appeal_id", sa.String(), nullable=False),
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("appealed_by", sa.Text(), nullable=True),
        sa.Column("appealed_ms", sa.BigInteger(), nullable=False),
        sa.Column("appeal_reason", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("outside_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_appeals")),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeals_action_id"), ["action_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appeals_outside_id"), ["outside_id"], unique=False)

    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("body", _OPEN, nullable=True),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "breakers",
        sa.Column("purse", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purse", "scope", name=op.f("pk_breakers")),
    )
    op.create_table(
        "case_links",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("linked_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "what", "ref", name=op.f("pk_case_links")),
    )
    with op.batch_alter_table("case_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_links_ref"), ["ref"], unique=False)

    op.create_table(
        "case_notes",
        sa.Column("note", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("note", name=op.f("pk_case_notes")),
    )
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_notes_case_id"), ["case_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("overdue_told", sa.Boolean(), nullable=False),
        sa.Column("left_out", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_matter"), ["matter"], unique=False)

    op.create_table(
        "commands",
        sa.Column("command_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_commands")),
    )
    op.create_table(
        "decisions",
        sa.Column("decision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entity_id", sa.String(), nullable=False),
        sa.Column("figures", _OPEN, nullable=True),
        sa.Column("alerts", _OPEN, nullable=True),
        sa.Column("action_id", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_decisions")),
        sa.UniqueConstraint("alert_id", "revision", name=op.f("uq_decisions_alert_id_revision")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_decided_ms"), ["decided_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_rule_decided_ms"), ["rule", "decided_ms"], unique=False)

    op.create_table(
        "desired_versions",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_desired_versions")),
    )
    op.create_table(
        "facts",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("known", _OPEN, nullable=True),
        sa.Column("as_of_ms", sa.BigInteger(), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_facts")),
    )
    op.create_table(
        "holds",
        sa.Column("hold", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=True),
        sa.Column("knowledge", sa.Text(), nullable=True),
        sa.Column("placed_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("released_ms", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("hold", name=op.f("pk_holds")),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holds_account_id"), ["account_id"], unique=False)

    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "model_alerts",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_model_alerts")),
    )
    with op.batch_alter_table("model_alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_model_alerts_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_model_alerts_state_settled_ms"), ["state", "settled_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_model_alerts_state_since_ms"), ["state", "since_ms"], unique=False)

    op.create_table(
        "mutes",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "rule", name=op.f("pk_mutes")),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("sink", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("data", _OPEN, nullable=True),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("not_after_ms", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("action_id", sa.Text(), nullable=True),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("last_status", sa.BigInteger(), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=True),
        sa.Column("answer", _OPEN, nullable=True),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged", _OPEN, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
        sa.UniqueConstraint("delivery_id", "sink", name=op.f("uq_outbox_delivery_id_sink")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_sink_state_next_ms"), ["sink", "state", "next_ms"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_sink_subject_state"), ["sink", "subject", "state"], unique=False)

    op.create_table(
        "own_events",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_own_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_own_events_event_id")),
    )
    op.create_table(
        "packs",
        sa.Column("pack", sa.String(), nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("rules", _OPEN, nullable=True),
        sa.Column("in_force_ms", sa.BigInteger(), nullable=True),
        sa.Column("serial", sa.BigInteger(), nullable=True),
        sa.Column("stored", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("pack", name=op.f("pk_packs")),
    )
    op.create_table(
        "pending",
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("command_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("args", _OPEN, nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("alone_ms", sa.BigInteger(), nullable=True),
        sa.Column("agreed", _OPEN, nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change", name=op.f("pk_pending")),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("roles", _OPEN, nullable=True),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_people")),
    )
    op.create_table(
        "progress",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("stream_time_ms", sa.BigInteger(), nullable=True),
        sa.Column("lag_records", sa.BigInteger(), nullable=True),
        sa.Column("active_accounts", _OPEN, nullable=True),
        sa.Column("pack", sa.Text(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_progress")),
    )
    op.create_table(
        "protections",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_protections")),
    )
    op.create_table(
        "pseudonym_keys",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pseudonym_keys")),
    )
    op.create_table(
        "pulses",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pulses")),
    )
    op.create_table(
        "reports",
        sa.Column("report_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("reporter_id", sa.Text(), nullable=True),
        sa.Column("trust", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("subject_ref", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_reports")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_reporter_id"), ["reporter_id"], unique=False)

    op.create_table(
        "sources",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_sources")),
    )
    op.create_table(
        "stages",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("forecast_per_h", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("rule", "rule_version", name=op.f("pk_stages")),
    )
    op.create_table(
        "strikes",
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("given_ms", sa.BigInteger(), nullable=False),
        sa.Column("reversed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_strikes")),
    )
    with op.batch_alter_table("strikes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_strikes_account_id"), ["account_id"], unique=False)

    op.create_table(
        "suspended_elsewhere",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_suspended_elsewhere")),
    )
    op.create_table(
        "switch",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_switch")),
    )
    op.create_table(
        "warned",
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("delivered_ms", sa.BigInteger(), nullable=False),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_users", _OPEN, nullable=True),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_warned")),
    )
    with op.batch_alter_table("warned", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_warned_account_id"), ["account_id"], unique=False)
    op.execute("INSERT INTO lease (name, holder, token, until_ms) VALUES ('writer', '', 0, 0)")


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("warned", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_warned_account_id"))

    op.drop_table("warned")
    op.drop_table("switch")
    op.drop_table("suspended_elsewhere")
    with op.batch_alter_table("strikes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_strikes_account_id"))

    op.drop_table("strikes")
    op.drop_table("stages")
    op.drop_table("sources")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_reporter_id"))
        batch_op.drop_index(batch_op.f("ix_reports_account_id"))

    op.drop_table("reports")
    op.drop_table("pulses")
    op.drop_table("pseudonym_keys")
    op.drop_table("protections")
    op.drop_table("progress")
    op.drop_table("people")
    op.drop_table("pending")
    op.drop_table("packs")
    op.drop_table("own_events")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_sink_subject_state"))
        batch_op.drop_index(batch_op.f("ix_outbox_sink_state_next_ms"))
        batch_op.drop_index(batch_op.f("ix_outbox_delivery_id"))

    op.drop_table("outbox")
    op.drop_table("mutes")
    with op.batch_alter_table("model_alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_model_alerts_state_since_ms"))
        batch_op.drop_index(batch_op.f("ix_model_alerts_state_settled_ms"))
        batch_op.drop_index(batch_op.f("ix_model_alerts_account_id"))

    op.drop_table("model_alerts")
    op.drop_table("lease")
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holds_account_id"))

    op.drop_table("holds")
    op.drop_table("facts")
    op.drop_table("desired_versions")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decisions_rule_decided_ms"))
        batch_op.drop_index(batch_op.f("ix_decisions_decided_ms"))
        batch_op.drop_index(batch_op.f("ix_decisions_account_id"))

    op.drop_table("decisions")
    op.drop_table("commands")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_matter"))

    op.drop_table("cases")
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_notes_case_id"))

    op.drop_table("case_notes")
    with op.batch_alter_table("case_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_links_ref"))

    op.drop_table("case_links")
    op.drop_table("breakers")
    op.drop_table("audit")
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appeals_outside_id"))
        batch_op.drop_index(batch_op.f("ix_appeals_action_id"))

    op.drop_table("appeals")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_rule_taken_ms"))
        batch_op.drop_index(batch_op.f("ix_alerts_account_id_taken_ms"))

    op.drop_table("alerts")
    op.drop_table("alert_revisions")
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_actions_state_ends_ms"))
        batch_op.drop_index(batch_op.f("ix_actions_rule_decided_ms"))
        batch_op.drop_index(batch_op.f("ix_actions_leaves_ms"))
        batch_op.drop_index(batch_op.f("ix_actions_decided_ms"))
        batch_op.drop_index(batch_op.f("ix_actions_account_id_decided_ms"))

    op.drop_table("actions")
