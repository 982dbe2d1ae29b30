"""One case: what it is about, what people wrote, and what they may do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from streams.alert_words import cluster
from streams.enforcement.ledger.action_lists import OPEN, proposed_in
from streams.enforcement.ledger.case_lists import Contents, Wanted, case_list, contents
from streams.enforcement.ledger.cluster_sizes import cluster_sizes
from streams.enforcement.ledger.rows import alert_of
from streams.enforcement.ledger.schema import actions
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.obeying.actions import preview_hash
from streams.enforcement.people.args import MOST_TARGETS
from streams.web import places
from streams.web.office import Missing, Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views import action_words
from streams.web.views.entries import MOST, action_entry, alert_entry, at, case_entry, short
from streams.web.views.people import who_may
from streams.web.views.report_entries import report_entry
from streams.web.views.rule_told import clause_of
from streams.web.views.sources import deskless
from streams.web.views.waiting import highest

DISPOSITIONS = {
    "violation": "a violation: the alerts were right", "no_violation": "no violation: the alerts were wrong",
    "victim": "the account holder was the one wronged", "duplicate": "a duplicate of another case",
    "unclear": "unclear: nobody can say",
}  # fmt: skip
"""What a case turned out to be, in words."""


def case(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """A case by its id. Raises Missing."""
    if office.desk is None:
        return deskless("Case")
    wanted = names["case"]
    with looking(office.desk, viewer, office.clock_ms) as tx:
        rows = case_list(tx, Wanted(state=None, ids=[wanted]), restricted=viewer.restricted)
        if not rows:
            raise Missing(f"there is no case {wanted[:64]} that you may see")
        held, now = contents(tx, wanted, restricted=viewer.restricted), tx.now_ms
        proposed = proposed_in(tx, wanted, viewer.restricted)[:MOST_TARGETS]
        members = _members(tx, held.members[:MOST], viewer.restricted)
        people = who_may(tx, "case.note", rows[0]["restricted"])
    clause = clause_of(office, rows[0]["clause"])
    return Page("case.html", rows[0]["title"], {
        "case": case_entry(rows[0], now), "closed": at(rows[0]["closed_ms"]), "closed_by": rows[0]["closed_by"] or "",
        "clause_title": clause.title if clause else "", "people": people, "dispositions": DISPOSITIONS,
        "proposed": _at_once(proposed), "left_out": rows[0]["left_out"], **_contents(held, now), "members": members,
    })  # fmt: skip


def _at_once(rows: Sequence[Row]) -> dict[str, Any] | None:
    """What approves all that is proposed in a case, where that is more than one action."""
    if len(rows) < 2:
        return None
    return {
        "ids": [row["action_id"] for row in rows], "change": preview_hash(rows, "approve"),
        "rung": highest({row["rung"] for row in rows}), "accounts": len({row["account_id"] for row in rows}),
        "restricted": any(row["restricted"] for row in rows),
    }  # fmt: skip


def _contents(held: Contents, now_ms: int) -> dict[str, Any]:
    """What is in it, MOST of each kind, and how many of each there are."""
    return {
        "counts": {name: len(getattr(held, name))
                   for name in ("accounts", "alerts", "actions", "reports", "appeals", "notes", "members")},
        "accounts": [{"id": one, "href": places.account(one)} for one in held.accounts[:MOST]],
        "alerts": [alert_entry(alert_of(row)) for row in held.alerts[-MOST:]],
        "actions": [{**action_entry(row), "change": preview_hash([row], "approve")} for row in held.actions[-MOST:]],
        "reports": [report_entry(row, now_ms) for row in held.reports[:MOST]],
        "appeals": [_appeal(row) for row in held.appeals[:MOST]],
        "notes": [{"at": at(row["at_ms"]), "by": row["by"], "text": row["text"]} for row in held.notes[-MOST:]],
        "clusters": [{**one, "words": cluster(one["id"])} for one in cluster_sizes(held)],
    }  # fmt: skip


def _members(tx: Transaction, found: Sequence[Mapping[str, Any]], restricted: bool) -> list[dict[str, Any]]:
    """What is known of each account of a cluster, its standing in words."""
    seen = [actions.c.state.in_(OPEN), *([] if restricted else [~actions.c.restricted])]
    named, standing = [one["account_id"] for one in found], defaultdict[str, list[str]](list)
    for row in tx.among(actions, actions.c.account_id, named, *seen):
        standing[row["account_id"]].append(action_words.standing(row))
    return [{**one, "href": places.account(one["account_id"]), "standing": standing[one["account_id"]]}
            for one in found]  # fmt: skip


def _appeal(row: Row) -> dict[str, Any]:
    return {"id": row["appeal_id"], "short": short(row["appeal_id"]), "at": at(row["appealed_ms"]),
            "state": row["state"], "reason": row["appeal_reason"], "action": short(row["action_id"]),
            "action_href": places.action(row["action_id"]), "answer": row["answer"] or "",
            "answered_by": row["answered_by"] or ""}  # fmt: skip
