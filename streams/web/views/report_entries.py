"""What people reported, as rows of lists, in words."""

from __future__ import annotations

from typing import Any

from streams.enforcement.ledger.transaction import Row
from streams.quantities import due
from streams.web import places
from streams.web.views.entries import at, short


def report_entry(row: Row, now_ms: int) -> dict[str, Any]:
    """A report; when it is due and whether that is urgent only where the row tells."""
    return {
        "id": row["report_id"], "short": short(row["report_id"]), "kind": row["kind"],
        "kind_words": row["kind"].replace("_", " "), "clause": row["clause"] or "",
        "reporter": row["reporter_id"] or "", "trust": row["trust"] or "", "account": row["account_id"] or "",
        "account_href": places.account(row["account_id"]) if row["account_id"] else "",
        "subject": row["subject_ref"] or "", "text": row["text"] or "", "state": row["state"],
        "taken": at(row["taken_ms"]), "due": due(row, now_ms) if "due_ms" in row else "",
        "urgent": bool(row.get("urgent")), "case": short(row["case_id"] or ""),
        "case_href": places.case(row["case_id"]) if row["case_id"] else "", "answer": row["answer"] or "",
        "answered_by": row["answered_by"] or "", "restricted": bool(row.get("restricted")),
    }  # fmt: skip
