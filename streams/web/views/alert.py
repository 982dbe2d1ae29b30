"""One alert: why it was raised, what was decided about it, and how it went on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from detectors.alert import Alert
from detectors.clauses import Clause
from streams.alert_words import KNOWN
from streams.enforcement.ledger.schema import actions, decisions
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.web import places
from streams.web.office import Missing, Office, Page, Viewer
from streams.web.views import action_words, evidence, reason_words
from streams.web.views.entries import MOST, alert_entry, at, short
from streams.web.views.rule_told import clause_of
from streams.web.views.sources import reading


def alert(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """An alert by its id. Raises Missing."""
    wanted = names["alert"]
    with reading(office, viewer) as (seen, tx):
        revisions = seen.revisions(wanted)
        if not revisions:
            raise Missing(f"there is no alert {wanted[:64]} that you may see")
        decided = _decided(tx, wanted) if tx is not None else []
        states = _states(tx, decided, viewer.restricted) if tx is not None else {}
    newest = revisions[-1]
    columns, events = evidence.events(newest)
    return Page("alert.html", newest.title, {
        "alert": alert_entry(newest), **_about(newest, clause_of(office, newest.clause)),
        "conditions": evidence.conditions(newest), "event_columns": columns, "events": events,
        "plots": evidence.value_plots(revisions), "revisions": [_revision(one) for one in revisions[-MOST:]],
        "decisions": [_decision(row, states) for row in decided], "decides": tx is not None,
    })  # fmt: skip


def _decided(tx: Transaction, alert_id: str) -> list[Row]:
    query = sa.select(decisions).where(decisions.c.alert_id == alert_id)
    return tx.rows(query.order_by(decisions.c.decision.desc()).limit(MOST))


def _states(tx: Transaction, decided: Sequence[Row], restricted: bool) -> dict[str, str]:
    """Where the actions are that came of decisions, in words, by their ids."""
    named = {row["action_id"] for row in decided if row["action_id"]}
    seen = [] if restricted else [~actions.c.restricted]
    found = tx.among(actions, actions.c.action_id, named, *seen)
    return {row["action_id"]: action_words.state(row) for row in found}


def _about(alert: Alert, clause: Clause | None) -> dict[str, Any]:
    return {
        "plan": alert.plan, "clause_title": clause.title if clause else "",
        "clause_text": clause.text if clause else "",
        "signals": list(alert.signals), "victim": alert.victim is not None,
        "knowledge": KNOWN.get(alert.knowledge or "", ""), "end_users": list(alert.end_users),
        "accounts": [{"id": one, "href": places.account(one)} for one in alert.accounts], "pack": alert.pack,
        "runbook": alert.runbook, "rule_version": alert.rule_version,
    }  # fmt: skip


def _revision(one: Alert) -> dict[str, Any]:
    said: Sequence[str] = [condition["sentence"] for condition in evidence.conditions(one)]
    return {"number": one.revision, "severity": one.severity, "at": at(one.time), "said": said}


def _decision(row: Row, states: Mapping[str, str]) -> dict[str, Any]:
    return {
        "at": at(row["decided_ms"]), "revision": row["revision"], "outcome": reason_words.outcome(row["outcome"]),
        "reason": reason_words.reason(row["reason"]), "rung": reason_words.rung(row["rung"]),
        "figures": list(reason_words.figures(row["figures"])), "action": short(row["action_id"] or ""),
        "action_href": places.action(row["action_id"]) if row["action_id"] else "",
        "action_state": states.get(row["action_id"], ""), "case": short(row["case_id"] or ""),
        "case_href": places.case(row["case_id"]) if row["case_id"] else "",
    }  # fmt: skip
