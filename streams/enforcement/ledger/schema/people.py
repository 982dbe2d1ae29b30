"""People, what they asked for, and what still waits for another's word."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema.columns import METADATA, flag, key, moment, shape, text, words

people = sa.Table(
    "people", METADATA, key("name"), text("public_key"), shape("roles"), moment("added_ms"),
    moment("revoked_ms", needed=False),
)  # fmt: skip

commands = sa.Table(
    "commands", METADATA, key("command_id"), text("by"), text("verb"), moment("at_ms"), moment("taken_ms"),
    text("outcome"), words("detail"), sa.Column("line", sa.LargeBinary, nullable=False),
)  # fmt: skip
"""Every command once, as it was signed. outcome: done, waits or refused."""

pending = sa.Table(
    "pending", METADATA, key("change"), text("command_id"), text("by"), text("verb"), shape("args"), words("why"),
    moment("asked_ms"), moment("until_ms"), moment("alone_ms", needed=False), shape("agreed"), flag("restricted"),
)  # fmt: skip
"""What waits for a second person. change: the hash that an approval names; until_ms: then it is too late; alone_ms:
when it is done without another, in a team of one; agreed: who has, and when; restricted: child safety's alone."""
