"""How every rule fares: its stage, what was expected of it, what it did, and what people made of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from features.ticks import HOUR_MS
from streams.enforcement.guards.stage import in_force as lower
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.gates import SHADOW_MS, undone_by_people
from streams.enforcement.ledger.outlook import outlook
from streams.enforcement.ledger.schema import actions, case_links, cases, decisions, stages
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import State
from streams.enforcement.policy.decision import Outcome, Reason
from streams.enforcement.policy.standing import Stage, Switch

SHADOW = "shadow"

_Version = tuple[str, str]
_ON = Switch(on=True, known=True)


@dataclass(frozen=True)
class RuleRecord:
    """One version of a rule, or of a model.

    stage: in force, the lower of the ledger's and the policy's `cap`; share: of accounts; since_ms, by, why, until_ms:
    of the ledger's stage, None where nobody ever put it into one; forecast_per_h: what was expected when it was
    promoted; else, in shadow, what its last 7 d would have brought; acted_last_h: actions within the last hour that no
    person asked for; overturned: actions that people undid within the policy's span of demotion; shadow_decisions:
    within 7 d, those that its stage held back; open_cases: that it is named in; current: whether it is of the pack in
    force; model: whether it is a model, which pages within its budget and never acts.
    """

    rule: str
    rule_version: str
    stage: str
    ledger_stage: str
    cap: str
    share: float
    since_ms: int | None = None
    by: str | None = None
    why: str | None = None
    until_ms: int | None = None
    forecast_per_h: float | None = None
    acted_last_h: int = 0
    overturned: int = 0
    shadow_decisions: int = 0
    open_cases: int = 0
    current: bool = True
    model: bool = False


def rule_records(tx: Transaction, in_force: InForce) -> list[RuleRecord]:
    """Of every rule and model in force, and of other versions that may still act, in order of their names."""
    around, current = Surroundings(tx, in_force.policy, _ON), {*in_force.rules.items(), *in_force.models.items()}
    rows = {(row["rule"], row["rule_version"]): row for row in tx.rows(sa.select(stages))}
    acting = {name for name in rows if around.stage(*name).name != SHADOW}
    counts = _counts(tx, in_force)
    return [_record(tx, in_force, name, rows.get(name), around.stage(*name), counts, name in current)
            for name in sorted(current | acting)]  # fmt: skip


@dataclass(frozen=True)
class _Counts:
    acted: Mapping[_Version, int]
    overturned: Mapping[_Version, int]
    shadow: Mapping[_Version, int]
    decided: Mapping[_Version, int]
    open_cases: Mapping[str, int]


def _record(tx: Transaction, in_force: InForce, name: _Version, row: Row | None, stage: Stage, counts: _Counts,
            current: bool) -> RuleRecord:  # fmt: skip
    cap = in_force.policy.stage_cap(name[0])
    now = lower(stage, cap)
    told = {} if row is None else {key: row[key] for key in ("since_ms", "by", "why", "until_ms")}
    forecast = _forecast(tx, in_force, name, row, stage, counts.decided.get(name, 0))
    return RuleRecord(
        *name, now.name, stage.name, cap, now.share, **told, forecast_per_h=forecast,
        acted_last_h=counts.acted.get(name, 0), overturned=counts.overturned.get(name, 0),
        shadow_decisions=counts.shadow.get(name, 0), open_cases=counts.open_cases.get(name[0], 0), current=current,
        model=name[0] in in_force.models,
    )  # fmt: skip


def _forecast(tx: Transaction, in_force: InForce, name: _Version, row: Row | None, stage: Stage,
              decided: int) -> float | None:  # fmt: skip
    """What is expected of it: as it was when promoted, or as its last decisions in shadow would have it."""
    if row is not None and stage.name != SHADOW:
        expected: float | None = row["forecast_per_h"]
        return expected
    fell = row["since_ms"] if row is not None and row["stage"] == SHADOW else 0
    return outlook(tx, in_force, *name, max(fell, tx.now_ms - SHADOW_MS)).per_hour if decided else None


def _counts(tx: Transaction, in_force: InForce) -> _Counts:
    now = tx.now_ms
    overturned = undone_by_people(now - in_force.policy.demote_within_ms)
    lately = decisions.c.decided_ms > now - SHADOW_MS
    held = sa.and_(lately, decisions.c.outcome == str(Outcome.HELD), decisions.c.reason == str(Reason.STAGE))
    return _Counts(_counted(tx, actions, automatic_since(now - HOUR_MS)), _counted(tx, actions, overturned),
                   _counted(tx, decisions, held), _counted(tx, decisions, lately), _open_cases(tx))  # fmt: skip


def automatic_since(since_ms: int) -> sa.ColumnElement[bool]:
    """Actions begun since then that no person asked for."""
    return sa.and_(actions.c.decided_ms > since_ms, actions.c.by.is_(None), actions.c.state != str(State.PROPOSED))


def _counted(tx: Transaction, table: sa.Table, where: sa.ColumnElement[bool]) -> dict[_Version, int]:
    by = (table.c.rule, table.c.rule_version)
    rows = tx.rows(sa.select(*by, sa.func.count().label("n")).where(where).group_by(*by))
    return {(row["rule"], row["rule_version"]): row["n"] for row in rows}


def _open_cases(tx: Transaction) -> dict[str, int]:
    joined = case_links.join(cases, cases.c.case_id == case_links.c.case_id)
    query = sa.select(case_links.c.ref, sa.func.count().label("n")).select_from(joined)
    rows = tx.rows(query.where(case_links.c.what == "rule", cases.c.state == "open").group_by(case_links.c.ref))
    return {row["ref"]: row["n"] for row in rows}
