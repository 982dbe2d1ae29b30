"""What people do with cases."""

from __future__ import annotations

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.schema import alerts, case_notes, cases
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.outbox.message_types import PAGE_CLOSED
from streams.enforcement.people.matter_args import CaseAssign, CaseClose, CaseNote, CaseOpen
from streams.enforcement.people.roles import Role
from streams.enforcement.policy.people_first import DEFAULT_ROLE
from streams.tally import tally


def open_weight(errand: Errand) -> Weight:
    """Restricted where it is said, or where an alert that it is about is."""
    args = errand.args
    assert isinstance(args, CaseOpen)
    rows = errand.all_found(alerts, alerts.c.alert_id, list(args.alerts), "alert")
    return Weight(restricted=args.restricted or any(row["restricted"] for row in rows))


def weight(errand: Errand) -> Weight:
    """Restricted where the case is."""
    args = errand.args
    assert isinstance(args, CaseAssign | CaseNote)
    return Weight(restricted=errand.found(cases, cases.c.case_id, args.case, "case")["restricted"])


def close_weight(errand: Errand) -> Weight:
    """Restricted where one of them is."""
    args = errand.args
    assert isinstance(args, CaseClose)
    rows = errand.all_found(cases, cases.c.case_id, args.cases, "case")
    return Weight(restricted=any(row["restricted"] for row in rows), count=len({row["case_id"] for row in rows}))


def open_one(errand: Errand) -> Answer:
    """A case that no alert opened."""
    args = errand.args
    assert isinstance(args, CaseOpen)
    clause = errand.in_force.clauses.get(args.clause or "")
    if args.clause is not None and clause is None:
        raise Turned(f"there is no clause {args.clause}")
    restricted = open_weight(errand).restricted or (clause is not None and clause.restricted)
    work = errand.after.cases
    case_id, _ = work.open(f"person:{errand.command.id}", clause.role if clause else DEFAULT_ROLE, args.clause or "",
                           args.title, account=args.account_id, restricted=restricted)  # fmt: skip
    errand.tx.update(cases, cases.c.case_id == case_id, assignee=errand.by)
    for row in errand.all_found(alerts, alerts.c.alert_id, list(args.alerts), "alert"):
        work.link(case_id, "alert", row["alert_id"])
    if args.account_id:
        work.link(case_id, "account", args.account_id)
    errand.note(Kind.CASE, {"case_id": case_id, "to": "open"})
    return Answer(Ending.DONE, f"case {case_id}", {"case_id": case_id})


def assign(errand: Errand) -> Answer:
    """Give a case to a person who may see it."""
    args = errand.args
    assert isinstance(args, CaseAssign)
    row = errand.found(cases, cases.c.case_id, args.case, "case")
    person = errand.people.get(args.to)
    if person is None or person.revoked_ms is not None:
        raise Turned(f"nobody here is called {args.to}")
    if row["restricted"] and Role.CHILD_SAFETY not in person.roles:
        raise Turned(f"{args.to} does not have the role that this case needs")
    errand.tx.update(cases, cases.c.case_id == row["case_id"], assignee=args.to)
    errand.note(Kind.CASE, {"case_id": row["case_id"], "assignee": args.to})
    return Answer(Ending.DONE, f"case {row['case_id'][:8]} is {args.to}'s")


def note(errand: Errand) -> Answer:
    """Write something into a case."""
    args = errand.args
    assert isinstance(args, CaseNote)
    row = errand.found(cases, cases.c.case_id, args.case, "case")
    errand.tx.insert(case_notes, [{"case_id": row["case_id"], "at_ms": errand.tx.now_ms, "by": errand.by,
                                   "text": args.text}])  # fmt: skip
    errand.note(Kind.CASE, {"case_id": row["case_id"], "noted": True})
    return Answer(Ending.DONE, f"noted in case {row['case_id'][:8]}")


def close(errand: Errand) -> Answer:
    """Close cases with what they turned out to be; that becomes labels."""
    args = errand.args
    assert isinstance(args, CaseClose)
    rows = {row["case_id"]: row for row in errand.all_found(cases, cases.c.case_id, args.cases, "case")}
    for row in rows.values():
        if row["state"] != "open":
            raise Turned(f"case {row['case_id'][:8]} is closed already")
        errand.tx.update(cases, cases.c.case_id == row["case_id"], state="closed", disposition=args.disposition,
                         closed_ms=errand.tx.now_ms, closed_by=errand.by)  # fmt: skip
        errand.note(Kind.CASE, {"case_id": row["case_id"], "to": "closed", "disposition": args.disposition})
        errand.after.messages.post(f"case:{row['case_id']}:closed", PAGE_CLOSED, f"case:{row['case_id']}",
                                   {"summary": "closed", "case_id": row["case_id"]})  # fmt: skip
    return Answer(Ending.DONE, f"{tally(len(rows), 'case')} closed: {args.disposition}")
