"""A rule's stage is changed, and the change is recorded."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.schema import stages
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.standing import Stage


def note_stage(tx: Transaction, trail: Trail, rule: str, version: str, stage: Stage, by: str, why: str,
               until_ms: int | None = None, forecast_per_h: float | None = None) -> None:  # fmt: skip
    """Put a rule's version into a stage. until_ms: then it is shadow again; a forecast that is not given is kept."""
    mine = sa.and_(stages.c.rule == rule, stages.c.rule_version == version)
    before = tx.one(sa.select(stages).where(mine))
    if forecast_per_h is None and before is not None:
        forecast_per_h = before["forecast_per_h"]
    tx.put(stages, {"rule": rule, "rule_version": version, "stage": stage.name, "share": stage.share,
                    "since_ms": tx.now_ms, "by": by, "why": why, "until_ms": until_ms,
                    "forecast_per_h": forecast_per_h})  # fmt: skip
    trail.note(Kind.STAGE, by, {"rule": rule, "rule_version": version, "stage": stage.name, "share": str(stage.share),
                                "from": before["stage"] if before else "shadow", "why": why,
                                "until_ms": until_ms})  # fmt: skip
