"""Decisions that guards held back, counted and listed; child safety's only for those whom they concern."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.schema import alerts, decisions
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.decision import Outcome
from streams.web import places
from streams.web.views import action_words, reason_words
from streams.web.views.entries import at, short

_JOINED = decisions.join(alerts, alerts.c.alert_id == decisions.c.alert_id)


def _where(since_ms: int, restricted: bool, reason: str | None = None) -> list[sa.ColumnElement[bool]]:
    mine = [decisions.c.outcome == str(Outcome.HELD), decisions.c.decided_ms > since_ms]
    mine += [decisions.c.reason == reason] if reason is not None else []
    return mine + ([] if restricted else [~alerts.c.restricted])


def counts(tx: Transaction, since_ms: int, restricted: bool) -> list[dict[str, Any]]:
    """How many decisions each guard held back since then, the most first, and upon how many accounts."""
    n, accounts = sa.func.count().label("n"), sa.func.count(sa.distinct(decisions.c.account_id)).label("accounts")
    query = sa.select(decisions.c.reason, n, accounts).select_from(_JOINED).where(*_where(since_ms, restricted))
    rows = tx.rows(query.group_by(decisions.c.reason).order_by(n.desc(), decisions.c.reason))
    return [{"reason": row["reason"], "words": reason_words.reason(row["reason"]), "decisions": row["n"],
             "accounts": row["accounts"]} for row in rows]  # fmt: skip


def listed(tx: Transaction, since_ms: int, restricted: bool, reason: str | None, first: int,
           most: int) -> list[dict[str, Any]]:  # fmt: skip
    """Those decisions, newest first, from the first-th (from 0) on."""
    query = sa.select(alerts.c.alert_id, alerts.c.title, alerts.c.restricted, decisions).select_from(_JOINED)
    rows = tx.rows(query.where(*_where(since_ms, restricted, reason))
                   .order_by(decisions.c.decision.desc()).offset(first).limit(most))  # fmt: skip
    return [_entry(row) for row in rows]


def _entry(row: Row) -> dict[str, Any]:
    return {
        "at": at(row["decided_ms"]), "account": row["account_id"],
        "account_href": places.account(row["account_id"]) if row["account_id"] else "",
        "what": action_words.what(row),
        "reason": reason_words.reason(row["reason"]), "figures": list(reason_words.figures(row["figures"])),
        "rule": row["rule"], "rule_href": places.rule(row["rule"]), "title": row["title"],
        "alert": short(row["alert_id"]), "alert_href": places.alert(row["alert_id"]),
        "action": short(row["action_id"] or ""),
        "action_href": places.action(row["action_id"]) if row["action_id"] else "",
    }  # fmt: skip
