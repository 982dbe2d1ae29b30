"""Actions, what has to leave because of them, and what they leave behind."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema.columns import METADATA, flag, key, moment, number, serial, shape, text, words

actions = sa.Table(
    "actions", METADATA,
    key("action_id"), text("rung"), text("kind"), text("account_id"), text("entity_id"), text("clause"),
    text("rule"), text("rule_version"), text("alert_id"), text("state"), moment("decided_ms", index=True),
    moment("not_after_ms"), moment("lasts_ms", needed=False), moment("confirmed_ms", needed=False),
    moment("ends_ms", needed=False), words("by"), number("version"), words("plan"), words("purse"), words("held_by"),
    words("ended_by"), words("approved_by"),
    number("strikes"), flag("restricted"), shape("end_users"), moment("deadline_ms", needed=False), words("case_id"),
    flag("reminded"), number("desired_version"), moment("released_ms", needed=False),
    moment("leaves_ms", needed=False, index=True),
    sa.Index(None, "account_id", "decided_ms"),
    sa.Index(None, "state", "ends_ms"), sa.Index(None, "rule", "decided_ms"),
)  # fmt: skip
"""purse: the budget that paid, null where a person asked or nothing was spent; held_by: the guard that made it wait for
people; approved_by: the person who let it go on; ended_by: who ended it, `policy` where nobody did; strikes: how many
its delivery gives; reminded: people were paged that it lapses; desired_version: of the account's desired state, with
it; released_ms: since when a child-safety reviewer lets the owner be told of it; leaves_ms:
of a campaign's, before when it may not leave."""

outbox = sa.Table(
    "outbox", METADATA,
    serial("number"), text("delivery_id", index=True), text("sink"), text("type"), text("subject"), shape("data"),
    moment("time_ms"), text("state"), number("attempts"), moment("next_ms"), moment("not_after_ms", needed=False),
    number("version", needed=False), words("action_id"), flag("uncertain"), number("last_status", needed=False),
    words("last_detail"), shape("answer"), moment("settled_ms", needed=False), shape("acknowledged"),
    sa.UniqueConstraint("delivery_id", "sink"), sa.Index(None, "sink", "state", "next_ms"),
    sa.Index(None, "sink", "subject", "state"),
)  # fmt: skip
"""state: waiting, trying, sent, refused, expired or cancelled; uncertain: an attempt may have been applied;
acknowledged: who took a page and when (`by`, `at_ms`), null while nobody is known to have."""

pulses = sa.Table("pulses", METADATA, key("account_id"), text("action_id"), moment("next_ms"))
"""Accounts of which the stream is told that they are suspended; action_id: by what; next_ms: when it is told again."""

strikes = sa.Table(
    "strikes", METADATA,
    key("action_id"), text("account_id", index=True), text("clause"), number("count"), moment("given_ms"),
    moment("reversed_ms", needed=False),
)  # fmt: skip

warned = sa.Table(
    "warned", METADATA,
    key("action_id"), text("account_id", index=True), text("clause"), moment("delivered_ms"), moment("deadline_ms"),
    shape("end_users"),
)  # fmt: skip
"""Notices about a customer's own users, once delivered."""
