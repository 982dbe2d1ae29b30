"""How enforcement is doing, as the ledger knows it: JSON, every figure with its unit in its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.enforcement.guards.stage import in_force as lower
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.budget_use import as_data, budget_use, open_breakers
from streams.enforcement.ledger.circumstances import ALL, Surroundings
from streams.enforcement.ledger.messages import EXPIRED, REFUSED, TRYING, WAITING
from streams.enforcement.ledger.model_figures import model_figures
from streams.enforcement.ledger.packs_in_force import followed
from streams.enforcement.ledger.partitions import has_told
from streams.enforcement.ledger.schema import actions, audit, cases, lease, outbox, pending, progress, switch
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.action import UNDER_WAY, State
from streams.enforcement.policy.policy import STAGES
from streams.enforcement.policy.standing import Switch

_OPEN = (*map(str, UNDER_WAY), str(State.PROPOSED))
_UNSENT, _LOST = (WAITING, TRYING), (REFUSED, EXPIRED)


def status(tx: Transaction, in_force: InForce, brake: Switch, *, restricted: bool = False) -> dict[str, Any]:
    """Everything that `enforcement status` tells, as of the transaction's time.

    brake: the switch outside the ledger; restricted: with child safety's actions and cases.
    """
    around = Surroundings(tx, in_force.policy, brake)
    return {
        "as_of": rfc3339(tx.now_ms), "pack": in_force.pack, "followed_pack": _followed(tx),
        "switch": _switch(tx, around.switch),
        "stages": _stages(in_force, around), "actions": _actions(tx, restricted),
        "waiting_for_second_person": _count(tx, sa.select(pending.c.restricted).where(
            pending.c.until_ms >= tx.now_ms, *([] if restricted else [~pending.c.restricted]))),
        "budgets": [as_data(use) for use in budget_use(tx, in_force.policy, around)],
        "open_breakers": [_breaker(tx, row) for row in open_breakers(tx)],
        "models": model_figures(tx, in_force.policy),
        "outbox": _outbox(tx), "cases": _cases(tx, restricted), "stream": _stream(tx, around),
        "writer": _writer(tx), "audit": _audit(tx),
    }  # fmt: skip


def _followed(tx: Transaction) -> dict[str, Any] | None:
    """The published pack that was taken up last, None where none ever was."""
    found = followed(tx)
    return None if found is None else {"pack": found.name, "since": rfc3339(found.since_ms)}


def _switch(tx: Transaction, now: Switch) -> dict[str, Any]:
    rows = tx.rows(sa.select(switch).order_by(switch.c.scope))
    scopes = [{"scope": row["scope"], "on": row["on"], "by": row["by"], "why": row["why"], "at": rfc3339(row["at_ms"])}
              for row in rows if row["scope"] == ALL or not row["on"]]  # fmt: skip
    return {"on": now.on and now.known, "off": sorted(now.off), "scopes": scopes}


def _stages(in_force: InForce, around: Surroundings) -> dict[str, int]:
    """How many rules are in each stage: the lower of the ledger's and the policy's."""
    names = Counter(lower(around.stage(rule, version), in_force.policy.stage_cap(rule)).name
                    for rule, version in in_force.rules.items())  # fmt: skip
    return {stage: names[stage] for stage in STAGES}


def _actions(tx: Transaction, restricted: bool) -> list[dict[str, Any]]:
    by = (actions.c.rung, actions.c.state)
    where = [actions.c.state.in_(_OPEN), *([] if restricted else [~actions.c.restricted])]
    rows = tx.rows(sa.select(*by, sa.func.count().label("n")).where(*where).group_by(*by).order_by(*by))
    return [{"rung": row["rung"], "state": row["state"], "actions": row["n"]} for row in rows]


def _breaker(tx: Transaction, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"purse": row["purse"], "scope": row["scope"], "holding_back_actions": row["held"],
            "opened": rfc3339(row["opened_ms"]), "age_s": (tx.now_ms - row["opened_ms"]) // 1000}  # fmt: skip


def _outbox(tx: Transaction) -> list[dict[str, Any]]:
    """By sink: what waits, for how long, and what was never delivered."""
    unsent, lost = outbox.c.state.in_(_UNSENT), outbox.c.state.in_(_LOST)
    query = sa.select(
        outbox.c.sink, sa.func.sum(sa.case((unsent, 1), else_=0)).label("waiting"),
        sa.func.sum(sa.case((lost, 1), else_=0)).label("lost"),
        sa.func.min(sa.case((unsent, outbox.c.time_ms))).label("oldest"),
        sa.func.max(sa.case((unsent, outbox.c.attempts), else_=0)).label("attempts"),
    ).group_by(outbox.c.sink).order_by(outbox.c.sink)  # fmt: skip
    return [
        {"sink": row["sink"], "waiting_messages": int(row["waiting"]), "undelivered_messages": int(row["lost"]),
         "oldest_age_s": None if row["oldest"] is None else (tx.now_ms - row["oldest"]) // 1000,
         "most_attempts": row["attempts"]}
        for row in tx.rows(query)
    ]  # fmt: skip


def _cases(tx: Transaction, restricted: bool) -> dict[str, int]:
    """Open cases."""
    seen = sa.select(cases.c.case_id).where(cases.c.state == "open", *([] if restricted else [~cases.c.restricted]))
    return {"open": _count(tx, seen), "urgent": _count(tx, seen.where(cases.c.urgent)),
            "overdue": _count(tx, seen.where(cases.c.due_ms < tx.now_ms)),
            "unassigned": _count(tx, seen.where(cases.c.assignee.is_(None)))}  # fmt: skip


def _stream(tx: Transaction, around: Surroundings) -> dict[str, Any]:
    rows = tx.rows(sa.select(progress))
    told = [row["at_ms"] for row in rows if has_told(row)]
    lag = around.lag_ms
    return {"partitions": len(rows), "untold_partitions": len(rows) - len(told),
            "lag_s": None if lag is None else lag / 1000,
            "told_s_ago": (tx.now_ms - max(told)) / 1000 if told else None,
            "active_accounts": around.active_accounts}  # fmt: skip


def _writer(tx: Transaction) -> dict[str, Any] | None:
    """Who holds the lease, None where no process has."""
    row = tx.one(sa.select(lease).where(lease.c.holder != ""))
    if row is None:
        return None
    return {"holder": row["holder"], "token": row["token"], "until": rfc3339(row["until_ms"])}


def _audit(tx: Transaction) -> dict[str, Any]:
    """The chain's head."""
    row = tx.one(sa.select(audit).order_by(audit.c.seq.desc()).limit(1))
    if row is None:
        return {"records": 0, "head": None, "at": None}
    return {"records": row["seq"], "head": row["hash"], "at": rfc3339(row["at_ms"])}


def _count(tx: Transaction, query: sa.Select[Any]) -> int:
    row = tx.one(sa.select(sa.func.count().label("n")).select_from(query.subquery()))
    return int(row["n"]) if row else 0
