"""One action: what it does to whom and why, how its messages fare, and what people may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.action_lists import told_action
from streams.enforcement.ledger.schema import actions
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.actions import preview_hash
from streams.web import places
from streams.web.office import Missing, Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views import reason_words
from streams.web.views.entries import action_entry, at, short
from streams.web.views.rule_told import clause_of
from streams.web.views.sources import deskless


def action(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """An action by its id. Raises Missing."""
    if office.desk is None:
        return deskless("Action")
    wanted = names["action"]
    seen = [] if viewer.restricted else [~actions.c.restricted]
    with looking(office.desk, viewer, office.clock_ms) as tx:
        row = tx.one(sa.select(actions).where(actions.c.action_id == wanted, *seen))
        if row is None:
            raise Missing(f"there is no action {wanted[:64]} that you may see")
        told = told_action(tx, row)
    clause = clause_of(office, row["clause"])
    title = f"{reason_words.rung(row['rung'])} of {row['kind'].replace('_', ' ')} {row['entity_id']}"
    return Page("action.html", title, {
        "action": {**action_entry(row), "change": preview_hash([row], "approve")}, **_about(row, told),
        "clause_title": clause.title if clause else "", "messages": told["messages"],
    })  # fmt: skip


def _about(row: Row, told: Mapping[str, Any]) -> dict[str, Any]:
    alert, decision = told["alert"], told["decision"]
    return {
        "kind": row["kind"].replace("_", " "), "entity": row["entity_id"], "strikes": row["strikes"],
        "not_after": at(row["not_after_ms"]), "approved_by": row["approved_by"] or "", "plan": row["plan"] or "unknown",
        "end_users": row["end_users"] or [], "deadline": at(row["deadline_ms"]), "purse": row["purse"] or "",
        "case": short(row["case_id"] or ""), "case_href": places.case(row["case_id"]) if row["case_id"] else "",
        "alert": None if alert is None else {**alert, "href": places.alert(alert["alert_id"])},
        "decision": None if decision is None else {
            "outcome": reason_words.outcome(decision["outcome"]), "reason": reason_words.reason(decision["reason"]),
            "figures": list(reason_words.figures(decision["figures"])), "at": decision["at"],
        },
    }  # fmt: skip
