"""Whether a rule's version has earned a higher stage, by what it did in shadow and what people made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from features.ticks import DAY_MS
from streams.enforcement.guards.stage import FIRST_SHARE
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.outlook import Outlook, outlook
from streams.enforcement.ledger.schema import actions, case_links, cases, decisions, stages
from streams.enforcement.ledger.trail import POLICY
from streams.enforcement.ledger.transaction import Transaction
from streams.history.intervals import wilson

SHADOW_MS = 7 * DAY_MS
SHADOW_DECISIONS = 10_000
"""How long, or how often, a rule has been looked at in shadow before it acts."""

CANARY_MS = DAY_MS
"""How long it has been a canary of few accounts before it acts on more."""

LEAST_PRECISION = 0.5
"""The share of labelled cases (0–1) that must have been violations, where there are any."""


@dataclass(frozen=True)
class Record:
    """What a rule's version has done so far: since its first decision, or since it fell back into shadow.

    right, wrong: closed cases of its alerts, by disposition; overturned: its actions that people undid lately;
    canary_ms: for how long it has been a canary, 0 where it is none now.
    """

    outlook: Outlook = field(default_factory=Outlook)
    right: int = 0
    wrong: int = 0
    overturned: int = 0
    canary_ms: int = 0

    @property
    def labelled(self) -> int:
        """How many closed cases say whether it was right."""
        return self.right + self.wrong

    @property
    def precision(self) -> float | None:
        """The share (0–1) of labelled cases in which it was right; None where there are none."""
        return self.right / self.labelled if self.labelled else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval (Wilson) of the precision."""
        return wilson(self.right, self.labelled) if self.labelled else None


def record_of(tx: Transaction, in_force: InForce, rule: str, version: str) -> Record:
    """What the ledger knows of a rule's version."""
    row = tx.one(sa.select(stages).where(stages.c.rule == rule, stages.c.rule_version == version))
    fell = row["since_ms"] if row is not None and row["stage"] == "shadow" else 0
    until = tx.now_ms if row is None or row["until_ms"] is None else row["until_ms"]
    canary = tx.now_ms - row["since_ms"] if row and row["stage"] == "canary" and until >= tx.now_ms else 0
    right, wrong = _labelled(tx, rule, version)
    overturned = _overturned(tx, rule, version, tx.now_ms - in_force.policy.demote_within_ms)
    return Record(outlook(tx, in_force, rule, version, fell), right, wrong, overturned, canary)


def gates(tx: Transaction, in_force: InForce, rule: str, version: str, stage: str,
          share: float | None = None) -> tuple[float, str]:  # fmt: skip
    """The forecast (actions an hour on all accounts), and why the stage is not earned: empty where it is.

    share: of accounts (0–1), for a canary. Of a rule about child safety no figure is told: who promotes rules need
    not have that role.
    """
    record = record_of(tx, in_force, rule, version)
    found = unmet(record, in_force, stage, share)
    told = ["by what it has done so far"] if found and _hidden(tx, in_force, rule) else found
    return record.outlook.per_hour, "; ".join(told)


def _hidden(tx: Transaction, in_force: InForce, rule: str) -> bool:
    named = tx.rows(sa.select(decisions.c.clause).where(decisions.c.rule == rule).distinct())
    known = (in_force.clauses.get(row["clause"]) for row in named)
    return any(clause is not None and clause.restricted for clause in known)


def unmet(record: Record, in_force: InForce, stage: str, share: float | None = None) -> list[str]:
    """Why the stage is not earned, a sentence each."""
    return list(_unmet(record, in_force, stage, share))


def _unmet(record: Record, in_force: InForce, stage: str, share: float | None) -> Iterator[str]:
    seen = record.outlook
    if seen.span_ms < SHADOW_MS and seen.decisions < SHADOW_DECISIONS:
        yield (f"{seen.decisions:,} decisions over {seen.span_ms / DAY_MS:.1f} d; it takes "
               f"{SHADOW_MS // DAY_MS} d or {SHADOW_DECISIONS:,}")  # fmt: skip
    if record.precision is not None and record.interval is not None and record.precision < LEAST_PRECISION:
        low, high = record.interval
        yield (f"{record.right:,} of {record.labelled:,} closed cases were violations ({record.precision:.0%}, 95 % "
               f"interval {low:.0%} to {high:.0%}); it takes {LEAST_PRECISION:.0%}")  # fmt: skip
    if record.overturned >= in_force.policy.demote_overturns:
        within = in_force.policy.demote_within_ms / DAY_MS
        yield f"{record.overturned:,} of its actions were undone by people within {within:.0f} d"
    wide = stage == "live" or (stage == "canary" and (share or 0) > FIRST_SHARE)
    if wide and record.canary_ms < CANARY_MS:
        yield f"it has not been a canary for 24 h (of {FIRST_SHARE:.0%} of accounts at first)"


def _labelled(tx: Transaction, rule: str, version: str) -> tuple[int, int]:
    own = sa.select(decisions.c.alert_id).where(decisions.c.rule == rule, decisions.c.rule_version == version)
    linked = sa.select(case_links.c.case_id).where(case_links.c.what == "alert", case_links.c.ref.in_(own))
    query = sa.select(cases.c.disposition, sa.func.count().label("n"))
    rows = tx.rows(query.where(cases.c.case_id.in_(linked)).group_by(cases.c.disposition))
    counted = {row["disposition"]: row["n"] for row in rows}
    return counted.get("violation", 0) + counted.get("victim", 0), counted.get("no_violation", 0)


def _overturned(tx: Transaction, rule: str, version: str, since_ms: int) -> int:
    mine = (actions.c.rule == rule, actions.c.rule_version == version, undone_by_people(since_ms))
    row = tx.one(sa.select(sa.func.count().label("n")).where(*mine))
    return int(row["n"]) if row else 0


def undone_by_people(since_ms: int) -> sa.ColumnElement[bool]:
    """Actions decided since then that a person undid."""
    return sa.and_(actions.c.state == "reversed", actions.c.ended_by != POLICY, actions.c.decided_ms > since_ms)
