"""One rule or model: what it says, how far it may go, and what it did lately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from features.ticks import DAY_MS
from streams.enforcement.guards.stage import in_force as lower
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.schema import decisions, stages
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.standing import Switch
from streams.quantities import span
from streams.web import places
from streams.web.office import Missing, Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views import reason_words, rule_told
from streams.web.views.entries import at

_ON = Switch(on=True, known=True)


def rule(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """A rule by its id. What a child-safety rule did is for that role alone. Raises Missing."""
    wanted, pack = names["rule"], rule_told.pack_of(office)
    one = rule_told.found(pack, wanted) if pack is not None else None
    version = None if office.desk is None else _version(office.desk.in_force(), wanted)
    if one is None and version is None:
        raise Missing(f"there is no rule {wanted[:128]} in the pack in force")
    clause = rule_told.clause_of(office, one.clause) if one is not None else None
    hidden = clause is not None and clause.restricted and not viewer.restricted
    return Page("rule.html", one.title if one is not None else wanted, {
        "rule": wanted, "version": version or "", "told": rule_told.told(one) if one is not None else None,
        "clause_title": clause.title if clause else "", "clause_text": clause.text if clause else "",
        "pack": pack.hash if pack is not None else "", "hidden": hidden,
        "stage": _stage(office, viewer, wanted, version) if version is not None and not hidden else None,
        "alerts_href": places.listed("/alerts", {}, rule=wanted),
    })  # fmt: skip


def _version(in_force: InForce, name: str) -> str | None:
    return in_force.rules.get(name)


def _stage(office: Office, viewer: Viewer, name: str, version: str) -> dict[str, Any] | None:
    """How far it may go, who said so, and what was decided on its alerts within 7 d."""
    if office.desk is None:
        return None
    in_force = office.desk.in_force()
    with looking(office.desk, viewer, office.clock_ms) as tx:
        mine = sa.and_(stages.c.rule == name, stages.c.rule_version == version)
        row, now_ms = tx.one(sa.select(stages).where(mine)), tx.now_ms
        held = Surroundings(tx, in_force.policy, _ON).stage(name, version)
        counts = _decided(tx, name, now_ms - 7 * DAY_MS)
    cap = in_force.policy.stage_cap(name)
    now, until = lower(held, cap), row["until_ms"] if row is not None else None
    return {
        "name": now.name, "share": now.share, "ledger": held.name, "cap": cap, "decided": counts,
        "since": at(row["since_ms"]) if row else "", "by": row["by"] if row else "", "why": row["why"] if row else "",
        "ends_in": span(until - now_ms) if until is not None and until > now_ms else "",
    }  # fmt: skip


def _decided(tx: Transaction, name: str, since_ms: int) -> list[dict[str, Any]]:
    by, n = (decisions.c.outcome, decisions.c.reason), sa.func.count().label("n")
    query = sa.select(*by, n).where(decisions.c.rule == name, decisions.c.decided_ms > since_ms).group_by(*by)
    return [{"outcome": reason_words.outcome(row["outcome"]), "reason": reason_words.reason(row["reason"]),
             "n": row["n"]} for row in tx.rows(query.order_by(n.desc(), *by))]  # fmt: skip
