"""What people report: of a violation, or of a model that behaves unexpectedly."""

from __future__ import annotations

import uuid

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.schema import reports
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.people.matter_args import ReportAdd, ReportAnswer
from streams.enforcement.people.roles import UNEXPECTED_BEHAVIOUR

_NAMESPACE = uuid.UUID("1f7c4b8a-6a55-5f7e-bf0e-8a1f2f8c9d34")
MODEL_OWNERS = "model owners"
"""Who looks at reports of unexpected behaviour."""

_MATTERS = {"intimate_imagery": "intimate-imagery", "minors": "child-safety", "threat_to_life": "violence"}
_OPEN, _ANSWERED = "open", "answered"


def add_weight(errand: Errand) -> Weight:
    """Anybody may report anything: what comes of it is restricted where its clause is."""
    args = errand.args
    assert isinstance(args, ReportAdd)
    return Weight(about=args.kind)


def weight(errand: Errand) -> Weight:
    """By what the report is about."""
    args = errand.args
    assert isinstance(args, ReportAnswer)
    row = errand.found(reports, reports.c.report_id, args.report, "report")
    clause = errand.in_force.clauses.get(row["clause"] or "")
    return Weight(about=row["kind"], restricted=clause is not None and clause.restricted)


def add(errand: Errand) -> Answer:
    """Take a report in and open its case; one of intimate imagery, minors or threat to life is urgent."""
    args = errand.args
    assert isinstance(args, ReportAdd)
    report_id = str(uuid.uuid5(_NAMESPACE, errand.command.id))
    name = _MATTERS.get(args.matter or "", args.clause or "")
    clause = errand.in_force.clauses.get(name)
    if name and clause is None:
        raise Turned(f"there is no clause {name}")
    role = clause.role if clause else MODEL_OWNERS if args.kind == UNEXPECTED_BEHAVIOUR else "policy review"
    urgent, restricted = args.matter is not None, clause is not None and clause.restricted
    title = f"report: {clause.title if clause else args.kind.replace('_', ' ')}"
    case_id, _ = errand.after.cases.open(f"report:{report_id}", role, name, title, account=args.account_id,
                                         urgent=urgent, restricted=restricted)  # fmt: skip
    errand.tx.insert(reports, [{
        "report_id": report_id, "kind": args.kind, "clause": name or None, "reporter_id": args.reporter_id,
        "account_id": args.account_id, "subject_ref": args.subject_ref, "text": args.text, "state": _OPEN,
        "case_id": case_id, "taken_ms": errand.tx.now_ms,
    }])  # fmt: skip
    errand.after.cases.link(case_id, "report", report_id)
    if args.account_id is not None:
        errand.after.cases.link(case_id, "account", args.account_id)
    if urgent:
        errand.after.messages.page(f"case:{case_id}", "urgent", f"urgent {title}", True,
                                   {"case_id": case_id, "role": role})  # fmt: skip
    errand.note(Kind.REPORT, {"report_id": report_id, "case_id": case_id, "to": _OPEN})
    return Answer(Ending.DONE, f"report {report_id}", {"report_id": report_id, "case_id": case_id})


def answer(errand: Errand) -> Answer:
    """Note what whoever reported is answered."""
    args = errand.args
    assert isinstance(args, ReportAnswer)
    row = errand.found(reports, reports.c.report_id, args.report, "report")
    if row["state"] != _OPEN:
        raise Turned(f"report {row['report_id'][:8]} is answered already")
    errand.tx.update(reports, reports.c.report_id == row["report_id"], state=_ANSWERED, answer=args.text,
                     answered_by=errand.by, answered_ms=errand.tx.now_ms)  # fmt: skip
    errand.note(Kind.REPORT, {"report_id": row["report_id"], "to": _ANSWERED})
    return Answer(Ending.DONE, f"report {row['report_id'][:8]} is answered")
