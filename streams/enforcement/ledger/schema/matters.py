"""What people work on: cases, reports and appeals."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema.columns import METADATA, flag, key, moment, number, serial, text, words

cases = sa.Table(
    "cases", METADATA,
    key("case_id"), text("matter", index=True), text("role"), text("clause"), words("account_id"), text("title"),
    text("state"), flag("urgent"), flag("restricted"), words("assignee"), moment("opened_ms"), moment("due_ms"),
    moment("closed_ms", needed=False), words("disposition"), words("closed_by"), flag("overdue_told"),
    number("left_out"),
)  # fmt: skip
"""matter: what makes two alerts one case (account or cluster, and clause, or a campaign); state: open or closed;
left_out: how often a cluster's alerts named an account that the case had no room for."""

case_links = sa.Table(
    "case_links", METADATA, key("case_id"), key("what"), key("ref"), moment("linked_ms"), sa.Index(None, "ref")
)
"""what: alert, action, report, appeal, account, cluster or rule."""

case_notes = sa.Table(
    "case_notes", METADATA, serial("note"), text("case_id", index=True), moment("at_ms"), text("by"), words("text")
)

reports = sa.Table(
    "reports", METADATA,
    key("report_id"), text("kind"), words("clause"), words("reporter_id"), words("trust"), words("account_id"),
    words("subject_ref"), words("text"), text("state"), words("case_id"), moment("taken_ms"), words("answer"),
    words("answered_by"), moment("answered_ms", needed=False), sa.Index(None, "reporter_id"),
    sa.Index(None, "account_id"),
)  # fmt: skip
"""trust: of the reporter when it was taken; account_id: null until somebody says whom it is about."""

appeals = sa.Table(
    "appeals", METADATA,
    key("appeal_id"), text("action_id", index=True), text("account_id"), words("appealed_by"), moment("appealed_ms"),
    words("appeal_reason"), words("assignee"), text("state"), words("answer"), words("answered_by"),
    moment("answered_ms", needed=False), words("case_id"), words("outside_id"), sa.Index(None, "outside_id"),
)  # fmt: skip
"""outside_id: what the system that it came from calls it."""
