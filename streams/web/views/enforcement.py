"""Enforcement itself: its switch, stages, budgets, partitions, what leaves, and the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.partitions import has_told
from streams.enforcement.ledger.schema import progress, stages
from streams.enforcement.ledger.status import status
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.policy.standing import Switch
from streams.quantities import span
from streams.web import places
from streams.web.office import Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views.budgets import breaker_entries, budget_entries
from streams.web.views.entries import MOST, at
from streams.web.views.sources import deskless


def enforcement(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """How enforcement is doing, and what runs it."""
    if office.desk is None:
        return deskless("Enforcement")
    in_force = office.desk.in_force()
    with looking(office.desk, viewer, office.clock_ms) as tx:
        brake = office.desk.brake(tx.now_ms)
        found = status(tx, in_force, brake, restricted=viewer.restricted)
        parts, raised = _partitions(tx), _raised(tx, in_force)
    return Page("enforcement.html", "Enforcement", {
        "status": found, "switch": found["switch"], "outside": _outside(brake), "rungs": list(TARGETS),
        "budgets": budget_entries(found), "breakers": breaker_entries(found), "partitions": parts, "raised": raised,
        "lag": _seconds(found["stream"]["lag_s"]),
        "sinks": [{**one, "oldest": _seconds(one["oldest_age_s"])} for one in found["outbox"]],
    })  # fmt: skip


def _outside(brake: Switch) -> str:
    """The switch outside the ledger, in words."""
    if not brake.known:
        return "unknown, which counts as off: it cannot be read, or was not read within the last minute"
    off = f", but off for {', '.join(sorted(brake.off))}" if brake.on and brake.off else ""
    return f"{'on' if brake.on else 'off'}{off}"


def _seconds(found: float | None) -> str:
    return "unknown" if found is None else span(round(found * 1_000))


def _partitions(tx: Transaction) -> list[dict[str, Any]]:
    rows = tx.rows(sa.select(progress).order_by(progress.c.topic, progress.c.partition).limit(MOST))
    return [_partition(row, tx.now_ms) for row in rows]


def _partition(row: Row, now_ms: int) -> dict[str, Any]:
    told = has_told(row)
    behind = None if row["stream_time_ms"] is None else max(0, now_ms - row["stream_time_ms"])
    return {
        "topic": row["topic"], "partition": row["partition"], "unread": row["lag_records"] if told else None,
        "behind": "" if behind is None or not row["lag_records"] else span(behind),
        "told": f"{span(max(0, now_ms - row['at_ms']))} ago" if told else "never",
        "active": sum((row["active_accounts"] or {}).values()), "pack": row["pack"] or "",
    }  # fmt: skip


def _raised(tx: Transaction, in_force: InForce) -> list[dict[str, Any]]:
    """The rules in force that somebody put into a stage above shadow."""
    rows = tx.rows(sa.select(stages).where(stages.c.stage != "shadow").order_by(stages.c.rule))
    known = [row for row in rows if in_force.rules.get(row["rule"]) == row["rule_version"]]
    return [{"rule": row["rule"], "href": places.rule(row["rule"]), "stage": row["stage"], "share": row["share"],
             "cap": in_force.policy.stage_cap(row["rule"]), "since": at(row["since_ms"]), "by": row["by"] or "",
             "why": row["why"] or "", "until": at(row["until_ms"])} for row in known[:MOST]]  # fmt: skip
