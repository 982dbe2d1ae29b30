"""How the ledger itself is run: its audit chain, switch, budgets' breakers, lease, and how far its sources are."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema.columns import METADATA, flag, key, moment, number, serial, shape, text, words

audit = sa.Table(
    "audit", METADATA,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False), moment("at_ms"), text("kind"), text("by"),
    shape("body"), text("hash"),
)  # fmt: skip

switch = sa.Table("switch", METADATA, key("scope"), flag("on"), moment("at_ms"), text("by"), words("why"))
"""Scope `all`, or one such as `rung:suspend`; without a row `all` is off and every other scope on."""

breakers = sa.Table(
    "breakers", METADATA, key("purse"), key("scope"), moment("opened_ms"), number("held"), number("told"),
)  # fmt: skip
"""Budgets that ran out; the row is removed when a person closes it. held: how many were held back since; told: how many
the last page about it said."""

lease = sa.Table(
    "lease", METADATA, key("name"), text("holder"), number("token"), moment("until_ms"),
)  # fmt: skip
"""Who may write: token rises with each new holder."""

sources = sa.Table(
    "sources", METADATA, key("topic"), sa.Column("partition", sa.Integer, primary_key=True), number("next_offset"),
)  # fmt: skip

progress = sa.Table(
    "progress", METADATA, key("topic"), sa.Column("partition", sa.Integer, primary_key=True),
    moment("stream_time_ms", needed=False), number("lag_records", needed=False), shape("active_accounts"),
    words("pack"), moment("at_ms"),
)  # fmt: skip
"""What each partition of the events' topic last told."""

own_events = sa.Table(
    "own_events", METADATA, serial("number"), sa.Column("event_id", sa.String, nullable=False, unique=True),
    text("account_id"), text("line"),
)  # fmt: skip
"""Usage events that enforcement itself brings into the stream: reports, and what is in force. line: JSON as it is
written; how far they are written stands among the sources."""

packs = sa.Table(
    "packs", METADATA, key("pack"), moment("first_seen_ms"), shape("rules"), moment("in_force_ms", needed=False),
    number("serial", needed=False), sa.Column("stored", sa.LargeBinary),
)  # fmt: skip
"""Packs that alerts may name; rules: the version of each. in_force_ms: when its policy was last taken up, the newest is
in force; serial: of the publication that ordered it; stored: its bytes."""
