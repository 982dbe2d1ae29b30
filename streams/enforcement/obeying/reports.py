"""What people report: of a violation, or of a model that behaves unexpectedly."""

from __future__ import annotations

import uuid

from detectors.clauses import Clause
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.casework import DUE_MS, case_id_of
from streams.enforcement.ledger.own_events import OwnEvents
from streams.enforcement.ledger.reporters import closed_reports
from streams.enforcement.ledger.schema import cases, reports
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.people.matter_args import ReportAdd, ReportAnswer, ReportLink
from streams.enforcement.people.roles import COUNTER_NOTICE, UNEXPECTED_BEHAVIOUR, VIOLATION, Role
from streams.enforcement.policy.people_first import DEFAULT_ROLE
from streams.enforcement.policy.trust import UNPROVEN, Trust, heard, trust_of

_NAMESPACE = uuid.UUID("1f7c4b8a-6a55-5f7e-bf0e-8a1f2f8c9d34")
MODEL_OWNERS = "model owners"
"""Who looks at reports of unexpected behaviour."""

_MATTERS = {"intimate_imagery": "intimate-imagery", "minors": "child-safety", "threat_to_life": "violence"}
_OPEN, _ANSWERED = "open", "answered"


def report_id_of(command_id: str) -> str:
    """The id that a report gets, from that of the command which adds it."""
    return str(uuid.uuid5(_NAMESPACE, command_id))


def case_id_of_report(report_id: str) -> str:
    """The id of the case that a report opens: it has one of its own."""
    return case_id_of(_matter(report_id))


def _matter(report_id: str) -> str:
    return f"report:{report_id}"


def add_weight(errand: Errand) -> Weight:
    """Anybody may report anything: what comes of it is restricted where its clause is."""
    args = errand.args
    assert isinstance(args, ReportAdd)
    if Role.INTAKE in errand.people[errand.by].roles:
        _check_stranger(args)
    return Weight(about=args.kind)


def _check_stranger(args: ReportAdd) -> None:
    """What strangers tell a form is nobody's word but theirs, and whom it is about is for people to say."""
    if not args.reporter_id.startswith(UNPROVEN):
        raise Turned(f"the intake calls reporters {UNPROVEN}…: nobody has proven who they are")
    if args.account_id is not None:
        raise Turned("the intake names no account: people say whom a report is about (reports link)")


def weight(errand: Errand) -> Weight:
    """By what the report is about."""
    args = errand.args
    assert isinstance(args, ReportAnswer | ReportLink)
    row = errand.found(reports, reports.c.report_id, args.report, "report")
    clause = errand.in_force.clauses.get(row["clause"] or "")
    return Weight(about=row["kind"], restricted=clause is not None and clause.restricted)


def add(errand: Errand) -> Answer:
    """Take a report in, open its case and let rules hear of it; one of intimate imagery, minors or threat to life is
    urgent whoever says it.
    """
    args = errand.args
    assert isinstance(args, ReportAdd)
    report_id = report_id_of(errand.command.id)
    clause, trust = _clause(errand, args), _trust(errand, args.reporter_id)
    urgent = args.matter is not None or (clause is not None and _cannot_wait(clause))
    case_id = _opened(errand, args, _matter(report_id), clause, urgent, trust)
    row = {
        "report_id": report_id, "kind": args.kind, "clause": clause.id if clause else None,
        "reporter_id": args.reporter_id, "trust": str(trust), "account_id": args.account_id,
        "subject_ref": args.subject_ref, "text": args.text, "state": _OPEN, "case_id": case_id,
        "taken_ms": errand.tx.now_ms,
    }  # fmt: skip
    errand.tx.insert(reports, [row])
    errand.after.cases.link(case_id, "report", report_id)
    if args.account_id is not None:
        errand.after.cases.link(case_id, "account", args.account_id)
    _let_rules_hear(errand, row, clause, urgent)
    errand.note(Kind.REPORT, {"report_id": report_id, "case_id": case_id, "to": _OPEN})
    return Answer(Ending.DONE, f"report {report_id}", {"report_id": report_id, "case_id": case_id})


def _clause(errand: Errand, args: ReportAdd) -> Clause | None:
    name = _MATTERS.get(args.matter or "", args.clause or "")
    clause = errand.in_force.clauses.get(name)
    if name and clause is None:
        raise Turned(f"there is no clause {name}")
    return clause


def _cannot_wait(clause: Clause) -> bool:
    """Whether a clause is such a matter by itself: not every threat of violence is one to a life."""
    return clause.restricted or clause.id == _MATTERS["intimate_imagery"]


def _trust(errand: Errand, reporter: str) -> Trust:
    return trust_of(reporter, *closed_reports(errand.tx, reporter), errand.in_force.policy.reporters)


def _opened(errand: Errand, args: ReportAdd, matter: str, clause: Clause | None, urgent: bool, trust: Trust) -> str:
    """The report's case; people are paged where it is urgent."""
    role = clause.role if clause else MODEL_OWNERS if args.kind == UNEXPECTED_BEHAVIOUR else DEFAULT_ROLE
    what = "counter-notice" if args.kind == COUNTER_NOTICE else "report"
    title = f"{what}: {clause.title if clause else args.kind.replace('_', ' ')}"
    due = errand.in_force.policy.reporters.due_ms[trust] if args.kind == VIOLATION else DUE_MS
    case_id, _ = errand.after.cases.open(
        matter, role, clause.id if clause else "", title, account=args.account_id, urgent=urgent,
        restricted=clause is not None and clause.restricted, due_in_ms=due,
    )  # fmt: skip
    if urgent:
        errand.after.messages.page(f"case:{case_id}", "urgent", f"urgent {title}", True,
                                   {"case_id": case_id, "role": role})  # fmt: skip
    return case_id


def _let_rules_hear(errand: Errand, row: Row, clause: Clause | None, urgent: bool) -> None:
    """Bring a report of a violation into the stream, once its account is known, at the time that it was taken.

    Who reads the stream is not child safety: what people wrote, and what they named it by, stay here; so does who
    reports of its matters. A report of how a model behaves is no evidence against anybody.
    """
    path = clause.path if clause else "ordinary"
    if row["kind"] != VIOLATION or row["account_id"] is None or not heard(Trust(row["trust"]), path, urgent):
        return
    shown = clause is None or not clause.restricted
    OwnEvents(errand.tx).add(
        f"report-{row['report_id']}", "report", row["account_id"], row["taken_ms"], kind=row["kind"],
        clause=row["clause"], reporter_id=row["reporter_id"] if shown else None,
    )  # fmt: skip


def link(errand: Errand) -> Answer:
    """Say whom a report is about; its case is about them too, and rules hear of it."""
    args = errand.args
    assert isinstance(args, ReportLink)
    row = errand.found(reports, reports.c.report_id, args.report, "report")
    name, account = row["report_id"][:8], args.account_id
    done = Answer(Ending.DONE, f"report {name} is about {account}", {"report_id": row["report_id"]})
    if row["account_id"] == account:  # its event may have been sent and forgotten since
        return done
    if row["account_id"] is not None:
        raise Turned(f"report {name} is about {row['account_id']} already")
    case_id = row["case_id"]
    errand.tx.update(reports, reports.c.report_id == row["report_id"], account_id=account)
    errand.tx.update(cases, (cases.c.case_id == case_id) & cases.c.account_id.is_(None), account_id=account)
    errand.after.cases.link(case_id, "account", account)
    case = errand.found(cases, cases.c.case_id, case_id, "case")
    clause = errand.in_force.clauses.get(row["clause"] or "")
    _let_rules_hear(errand, {**row, "account_id": account}, clause, case["urgent"])
    errand.note(Kind.REPORT, {"report_id": row["report_id"], "case_id": case_id, "to": "linked"}, account)
    return done


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
