"""Alerts as they came, and what was decided about each revision."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema.columns import METADATA, flag, key, moment, number, serial, shape, text, words

alerts = sa.Table(
    "alerts", METADATA,
    key("alert_id"), number("revision"), text("account_id"), text("kind"), text("entity"),
    text("rule"), text("rule_version"), text("title"), text("clause"), text("severity"), words("plan"),
    shape("signals"), number("start_tick"), number("tick"), moment("time_ms"), number("trigger"), text("runbook"),
    text("pack"), words("victim"), words("knowledge"), flag("restricted"), shape("end_users"), shape("evidence"),
    shape("events"), shape("accounts"), moment("first_taken_ms"), moment("taken_ms"),
    sa.Index(None, "account_id", "taken_ms"), sa.Index(None, "rule", "taken_ms"),
)  # fmt: skip
"""The newest revision of each. account_id: empty where it is about a cluster, whose named accounts are `accounts`;
taken_ms: the transaction that took it. Evidence, events and accounts are emptied when their time is over."""

alert_revisions = sa.Table(
    "alert_revisions", METADATA,
    key("alert_id"), sa.Column("revision", sa.BigInteger, primary_key=True), text("severity"), moment("time_ms"),
    moment("taken_ms"), shape("evidence"),
)  # fmt: skip

decisions = sa.Table(
    "decisions", METADATA,
    serial("decision"), text("alert_id"), number("revision"), text("account_id", index=True), text("clause"),
    text("rule"), text("rule_version"), text("outcome"), text("reason"), text("rung"), text("kind"),
    text("entity_id"), shape("figures"), shape("alerts"), words("action_id"), words("case_id"),
    moment("decided_ms", index=True), sa.UniqueConstraint("alert_id", "revision"),
    sa.Index(None, "rule", "decided_ms"),
)  # fmt: skip
"""One for each alert revision; only ever added to."""

model_alerts = sa.Table(
    "model_alerts", METADATA,
    key("alert_id"), text("account_id", index=True), sa.Column("p_value", sa.Float, nullable=False), text("state"),
    moment("since_ms"), moment("last_ms"), moment("settled_ms", needed=False), words("case_id"),
    sa.Index(None, "state", "since_ms"), sa.Index(None, "state", "settled_ms"),
)  # fmt: skip
"""Alerts that rest on a model alone. state: waiting, told, linked or lapsed, since settled_ms; p_value: of the newest
revision; since_ms: when it began to wait; last_ms: when its newest revision was taken."""
