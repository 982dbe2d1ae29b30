"""How far rules have come, and where they may do no more than page."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema.columns import METADATA, key, moment, text, words

stages = sa.Table(
    "stages", METADATA,
    key("rule"), key("rule_version"), text("stage"), sa.Column("share", sa.Float, nullable=False), moment("since_ms"),
    words("by"), words("why"), moment("until_ms", needed=False),
    sa.Column("forecast_per_h", sa.Float),
)  # fmt: skip
"""until_ms: an override ends then, and the rule is shadow again; forecast_per_h: actions an hour that were expected."""

mutes = sa.Table("mutes", METADATA, key("account_id"), key("rule"), moment("until_ms"), text("by"), moment("made_ms"))
