"""What owners say against an action: recorded, looked at by another person, answered."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.casework import DUE_MS, DUE_URGENT_MS
from streams.enforcement.ledger.rows import facts_of
from streams.enforcement.ledger.schema import actions, appeals, cases, facts
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.obeying.undoing import taken_back
from streams.enforcement.outbox.message_types import NOTICE
from streams.enforcement.people.matter_args import AppealAdd, AppealAnswer, AppealAssign
from streams.enforcement.policy.people_first import DEFAULT_ROLE

_NAMESPACE = uuid.UUID("5f6f9b66-7f0c-5c8f-9f70-2f1d0f9a7b21")
_OPEN, _ANSWERED = "open", "answered"


def add_weight(errand: Errand) -> Weight:
    """Restricted where the action is."""
    assert isinstance(errand.args, AppealAdd)
    return Weight(restricted=_action(errand, errand.args.action_id)["restricted"])


def weight(errand: Errand) -> Weight:
    """Restricted where the action appealed against is."""
    assert isinstance(errand.args, AppealAssign | AppealAnswer)
    appeal = _appeal(errand, errand.args.appeal)
    return Weight(restricted=_action(errand, appeal["action_id"])["restricted"])


def _action(errand: Errand, wanted: str) -> Row:
    return errand.found(actions, actions.c.action_id, wanted, "action")


def _appeal(errand: Errand, wanted: str) -> Row:
    return errand.found(appeals, appeals.c.appeal_id, wanted, "appeal")


def add(errand: Errand) -> Answer:
    """Record an appeal and open its case: within an hour for those who pay, within a day for all."""
    args = errand.args
    assert isinstance(args, AppealAdd)
    action, now = _action(errand, args.action_id), errand.tx.now_ms
    appeal_id = _id(errand, args, action["action_id"])
    before = errand.tx.one(sa.select(appeals).where(appeals.c.appeal_id == appeal_id))
    if before is not None:
        return _repeated(before)
    clause = errand.in_force.clauses.get(action["clause"])
    case_id, _ = errand.after.cases.open(
        f"appeal:{appeal_id}", clause.role if clause else DEFAULT_ROLE, action["clause"],
        f"appeal against {action['rung']}", account=action["account_id"], restricted=action["restricted"],
    )  # fmt: skip
    due = DUE_URGENT_MS if _pays(errand, action["account_id"]) else DUE_MS
    errand.tx.update(cases, cases.c.case_id == case_id, due_ms=now + due)
    errand.tx.insert(appeals, [{
        "appeal_id": appeal_id, "action_id": action["action_id"], "account_id": action["account_id"],
        "appealed_by": args.appealed_by, "appealed_ms": args.appealed_ms or now, "appeal_reason": args.appeal_reason,
        "state": _OPEN, "case_id": case_id, "outside_id": args.outside_id,
    }])  # fmt: skip
    for what, ref in (("appeal", appeal_id), ("action", action["action_id"]), ("account", action["account_id"])):
        errand.after.cases.link(case_id, what, ref)
    errand.note(Kind.APPEAL, {"appeal_id": appeal_id, "action_id": action["action_id"], "to": _OPEN})
    return Answer(Ending.DONE, f"appeal {appeal_id}", {"appeal_id": appeal_id, "case_id": case_id})


def _id(errand: Errand, args: AppealAdd, action_id: str) -> str:
    """Of an appeal that another system has named, the same however often it comes."""
    named = errand.command.id if args.outside_id is None else f"{args.outside_id}\x1f{action_id}"
    return str(uuid.uuid5(_NAMESPACE, named))


def _repeated(before: Row) -> Answer:
    state = before["state"] if before["answer"] is None else f"{before['state']}: {before['answer']}"
    return Answer(Ending.DONE, f"appeal {before['appeal_id']} was recorded before ({state}): nothing is changed",
                  {"appeal_id": before["appeal_id"], "case_id": before["case_id"], "repeated": True})  # fmt: skip


def _pays(errand: Errand, account: str) -> bool:
    row = next(iter(errand.tx.among(facts, facts.c.account_id, [account])), None)
    return bool(row and (facts_of(row).spend_usd_90d or 0) > 0)


def assign(errand: Errand) -> Answer:
    """Give an appeal to a person who had no part in the action."""
    args = errand.args
    assert isinstance(args, AppealAssign)
    appeal = _appeal(errand, args.appeal)
    person = errand.people.get(args.to)
    if person is None or person.revoked_ms is not None:
        raise Turned(f"nobody here is called {args.to}")
    _had_no_part(errand, appeal, args.to)
    errand.tx.update(appeals, appeals.c.appeal_id == appeal["appeal_id"], assignee=args.to)
    errand.note(Kind.APPEAL, {"appeal_id": appeal["appeal_id"], "assignee": args.to})
    return Answer(Ending.DONE, f"appeal {appeal['appeal_id'][:8]} is {args.to}'s")


def _had_no_part(errand: Errand, appeal: Row, name: str) -> None:
    action = _action(errand, appeal["action_id"])
    if name in (action["by"], action["approved_by"]) and errand.in_force.policy.people > 1:
        raise Turned(f"{name} had a part in the action: another person looks at the appeal")


def answer(errand: Errand) -> Answer:
    """Answer an appeal; overturned, its action is undone, the owner is told either way."""
    args = errand.args
    assert isinstance(args, AppealAnswer)
    appeal, now = _appeal(errand, args.appeal), errand.tx.now_ms
    if appeal["state"] != _OPEN:
        raise Turned(f"appeal {appeal['appeal_id'][:8]} is answered already")
    _had_no_part(errand, appeal, errand.by)
    action = _action(errand, appeal["action_id"])
    if args.outcome == "overturned":
        taken_back(errand, [action], f"appeal {appeal['appeal_id']}")
    errand.tx.update(appeals, appeals.c.appeal_id == appeal["appeal_id"], state=_ANSWERED, answer=args.outcome,
                     answered_by=errand.by, answered_ms=now)  # fmt: skip
    disposition = "no_violation" if args.outcome == "overturned" else "violation"
    errand.tx.update(cases, cases.c.case_id == appeal["case_id"], state="closed", disposition=disposition,
                     closed_ms=now, closed_by=errand.by)  # fmt: skip
    _tell(errand, appeal, args)
    errand.note(Kind.APPEAL, {"appeal_id": appeal["appeal_id"], "to": args.outcome})
    return Answer(Ending.DONE, f"appeal {appeal['appeal_id'][:8]} is answered: {args.outcome}")


def _tell(errand: Errand, appeal: Row, args: AppealAnswer) -> None:
    row = next(iter(errand.tx.among(facts, facts.c.account_id, [appeal["account_id"]])), None)
    contact = facts_of(row).owner_contact if row else None
    letter = {"to": contact, "account_id": appeal["account_id"], "subject": "Your appeal", "text": args.text}
    errand.after.messages.post(f"appeal:{appeal['appeal_id']}", NOTICE, appeal["account_id"], letter)
