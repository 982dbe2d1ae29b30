"""A draft for whoever reports to the authorities: what the ledger knows, and what only people can say left open."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from streams.alert_lines import when
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.case_lists import contents
from streams.enforcement.ledger.schema import audit, holds
from streams.enforcement.ledger.transaction import Row, Transaction

CONFIRMED = "violation"
"""The disposition by which a person has confirmed a case; no other is reported."""

TO_BE_SAID_BY_PEOPLE = ("file_viewed_by_us", "report_id", "submitted_at", "receipt_at", "what_happened")
"""What a machine must not claim, or cannot know."""


class NotConfirmed(Exception):
    """A case of which no report may be drafted; its text says why."""


def report_draft(tx: Transaction, case: Row) -> dict[str, Any]:
    """What is known of a confirmed case of child safety. Raises NotConfirmed.

    No content, prompt or picture is in it, since none is kept; nothing is sent.
    """
    if not case["restricted"] or case["disposition"] != CONFIRMED:
        raise NotConfirmed("only a restricted case that a reviewer has closed as a violation is reported, by people")
    held = contents(tx, case["case_id"], restricted=True)
    return {
        "draft": True, "case_id": case["case_id"], "clause": case["clause"], "accounts": held.accounts,
        "reviewer": case["closed_by"], "decided": when(case["closed_ms"]), "disposition": case["disposition"],
        "knowledge": [_knowledge(row) for row in held.alerts],
        "first_knowledge": when(min((row["first_taken_ms"] for row in held.alerts), default=case["opened_ms"])),
        "holds": _holds(tx, held.accounts), "looked_at": _looked_at(tx, case["case_id"]),
        "to_be_completed": dict.fromkeys(TO_BE_SAID_BY_PEOPLE),
    }  # fmt: skip


def _knowledge(row: Row) -> dict[str, Any]:
    return {"alert_id": row["alert_id"], "how": row["knowledge"], "rule": row["rule"],
            "rule_version": row["rule_version"], "pack": row["pack"], "seen": when(row["time_ms"]),
            "known": when(row["first_taken_ms"]), "generated_by_a_model": None}  # fmt: skip


def _holds(tx: Transaction, accounts: list[str]) -> list[dict[str, Any]]:
    rows = tx.among(holds, holds.c.account_id, accounts)
    return [{"hold": row["hold"], "account_id": row["account_id"], "placed": when(row["placed_ms"]),
             "until": when(row["until_ms"])} for row in sorted(rows, key=lambda row: row["hold"])]  # fmt: skip


def _looked_at(tx: Transaction, case_id: str) -> list[dict[str, Any]]:
    rows = tx.rows(sa.select(audit).where(audit.c.kind == str(Kind.LOOK)).order_by(audit.c.seq))
    return [{"by": row["by"], "at": when(row["at_ms"])} for row in rows if case_id in row["body"].get("cases", ())]
