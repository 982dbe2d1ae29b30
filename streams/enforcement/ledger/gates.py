"""Whether a rule's version has earned a higher stage, by what it did in shadow."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.schema import actions, case_links, cases, decisions, stages
from streams.enforcement.ledger.transaction import Transaction

SHADOW_MS = 7 * DAY_MS
SHADOW_DECISIONS = 10_000
"""How long, or how often, a rule has been looked at in shadow before it acts."""

CANARY_MS = DAY_MS
LEAST_PRECISION = 0.5
"""The share of labelled cases (0–1) that must have been violations, where there are any."""


@dataclass(frozen=True)
class Record:
    """What a rule's version has done so far. span_ms: since its first decision; wanted: decisions that wanted a
    restriction; accounts: those they were about; right, wrong: closed cases of its alerts, by disposition.
    """

    decisions: int
    span_ms: int
    wanted: int
    accounts: int
    right: int
    wrong: int

    @property
    def per_hour(self) -> float:
        """How many restrictions an hour it would bring about."""
        return self.wanted / max(self.span_ms / HOUR_MS, 1.0)


def record_of(tx: Transaction, rule: str, version: str) -> Record:
    """What the ledger knows of a rule's version."""
    mine = (decisions.c.rule == rule, decisions.c.rule_version == version)
    wanted = sa.case((sa.and_(decisions.c.rung.not_in(("", "notice")), decisions.c.outcome != "nothing"), 1), else_=0)
    row = tx.one(sa.select(
        sa.func.count().label("n"), sa.func.min(decisions.c.decided_ms).label("since"),
        sa.func.coalesce(sa.func.sum(wanted), 0).label("wanted"),
        sa.func.count(sa.distinct(decisions.c.account_id)).label("accounts"),
    ).where(*mine))  # fmt: skip
    assert row is not None
    since = tx.now_ms if row["since"] is None else row["since"]
    right, wrong = _labelled(tx, rule, version)
    return Record(row["n"], tx.now_ms - since, int(row["wanted"]), row["accounts"], right, wrong)


def _labelled(tx: Transaction, rule: str, version: str) -> tuple[int, int]:
    own = sa.select(decisions.c.alert_id).where(decisions.c.rule == rule, decisions.c.rule_version == version)
    linked = sa.select(case_links.c.case_id).where(case_links.c.what == "alert", case_links.c.ref.in_(own))
    query = sa.select(cases.c.disposition, sa.func.count().label("n"))
    rows = tx.rows(query.where(cases.c.case_id.in_(linked)).group_by(cases.c.disposition))
    counted = {row["disposition"]: row["n"] for row in rows}
    return counted.get("violation", 0) + counted.get("victim", 0), counted.get("no_violation", 0)


def gates(tx: Transaction, in_force: InForce, rule: str, version: str, stage: str) -> tuple[float, str]:
    """The forecast (restrictions an hour on all accounts), and why the stage is not earned: empty where it is."""
    record = record_of(tx, rule, version)
    return record.per_hour, "; ".join(_unmet(tx, in_force, record, rule, version, stage))


def _unmet(tx: Transaction, in_force: InForce, record: Record, rule: str, version: str, stage: str) -> list[str]:
    found = []
    if record.span_ms < SHADOW_MS and record.decisions < SHADOW_DECISIONS:
        found.append(f"{record.decisions:,} decisions over {record.span_ms / DAY_MS:.1f} d; it takes 7 d or "
                     f"{SHADOW_DECISIONS:,}")  # fmt: skip
    labelled = record.right + record.wrong
    if labelled and record.right / labelled < LEAST_PRECISION:
        found.append(f"{record.right:,} of {labelled:,} closed cases were violations")
    overturned = _overturned(tx, rule, version)
    if overturned >= in_force.policy.demote_overturns:
        found.append(f"{overturned:,} of its actions were undone by people")
    return [*found, *(["it has not been a canary for 24 h"] if stage == "live" and not _was_canary(
        tx, rule, version) else [])]  # fmt: skip


def _overturned(tx: Transaction, rule: str, version: str) -> int:
    mine = (actions.c.rule == rule, actions.c.rule_version == version, actions.c.state == "reversed",
            actions.c.ended_by != "policy")  # fmt: skip
    row = tx.one(sa.select(sa.func.count().label("n")).where(*mine))
    return int(row["n"]) if row else 0


def _was_canary(tx: Transaction, rule: str, version: str) -> bool:
    mine = sa.and_(stages.c.rule == rule, stages.c.rule_version == version, stages.c.stage == "canary",
                   stages.c.since_ms <= tx.now_ms - CANARY_MS)  # fmt: skip
    return tx.one(sa.select(stages).where(mine)) is not None
