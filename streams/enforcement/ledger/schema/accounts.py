"""What is known of accounts and holds for them."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema.columns import METADATA, key, moment, number, serial, shape, text, words

facts = sa.Table("facts", METADATA, key("account_id"), shape("known"), moment("as_of_ms"), moment("taken_ms"))

protections = sa.Table("protections", METADATA, key("account_id"), moment("until_ms"), text("by"), words("why"))

holds = sa.Table(
    "holds", METADATA,
    serial("hold"), text("account_id", index=True), text("clause"), words("alert_id"), words("knowledge"),
    moment("placed_ms"), moment("until_ms"), moment("released_ms", needed=False), words("released_by"),
)  # fmt: skip
"""Legal holds: nothing of the account may be deleted or expire."""

suspended_elsewhere = sa.Table(
    "suspended_elsewhere", METADATA, key("account_id"), moment("since_ms"), words("by"), words("why")
)
"""Accounts that others than us have suspended."""

desired_versions = sa.Table("desired_versions", METADATA, key("account_id"), number("version"))
"""Raised whenever what is to be in force for an account changes."""

pseudonym_keys = sa.Table(
    "pseudonym_keys", METADATA, key("account_id"), sa.Column("secret", sa.LargeBinary, nullable=False)
)
"""What an account's pseudonym in the audit is made with; erasing it makes the audit forget the account."""
