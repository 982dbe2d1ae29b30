"""A child-safety reviewer lets the owner of a contained account be told."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.case_lists import case_refs
from streams.enforcement.ledger.letters import released_letter
from streams.enforcement.ledger.messages import REASONS
from streams.enforcement.ledger.schema import actions, case_notes, cases
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.outbox.message_types import NOTICE
from streams.enforcement.people.matter_args import CaseInform
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import CONTAIN
from streams.tally import tally


def weight(_: Errand) -> Weight:
    """Child safety's, whatever case is named: nobody else learns whether there is one."""
    return Weight(restricted=True)


def inform(errand: Errand) -> Answer:
    """The letters of what is contained go out, each once: what is restricted and how to appeal, and no more."""
    args = errand.args
    assert isinstance(args, CaseInform)
    case = errand.found(cases, cases.c.case_id, args.case, "case")
    rows = _untold(errand, case)
    if not errand.after.messages.sinks(NOTICE):
        raise Turned("no sink takes notices: name one that does in sinks.yaml, or nobody is told")
    contacts = [_tell(errand, case, row) for row in rows]
    unknown = contacts.count(None)
    odd = f"; of {tally(unknown, 'owner')} no contact is known, so only a sink that knows them itself can deliver it"
    return Answer(Ending.DONE, f"{tally(len(rows), 'owner')} will be told" + (odd if unknown else ""),
                  {"actions": [row["action_id"] for row in rows]})  # fmt: skip


def _untold(errand: Errand, case: Row) -> list[Row]:
    """What is contained in the matter of a case, and its owner not yet told. Raises Turned where there is nothing."""
    name = f"case {case['case_id'][:8]}"
    if not case["restricted"]:
        raise Turned(f"{name} is not child safety's: what is done there is told to owners as it is done")
    accounts = {
        *case_refs(errand.tx, case["case_id"])["account"],
        *([case["account_id"]] if case["account_id"] else []),
    }
    contained = sa.and_(actions.c.rung == CONTAIN, actions.c.restricted, actions.c.state == str(State.CONFIRMED))
    found = list(errand.tx.among(actions, actions.c.account_id, accounts, contained))
    if not found:
        raise Turned(f"in {name} no account is contained now: there is nothing that its owner could be told")
    untold = [row for row in found if row["released_ms"] is None]
    if not untold:
        raise Turned(f"in {name} the owner has been told already")
    return sorted(untold, key=lambda row: (row["decided_ms"], row["action_id"]))


def _tell(errand: Errand, case: Row, row: Row) -> str | None:
    """Let one owner be told; their contact, None where none is known."""
    action_id, account = row["action_id"], row["account_id"]
    errand.tx.update(actions, actions.c.action_id == action_id, released_ms=errand.tx.now_ms)
    letter = released_letter(errand.tx, errand.in_force, action_id)
    if letter is None:
        raise Turned(f"{row['clause']} is no clause of the pack in force: nobody could say what the letter rests on")
    errand.after.messages.post(action_id + REASONS, NOTICE, account, letter)
    errand.tx.insert(case_notes, [{"case_id": case["case_id"], "at_ms": errand.tx.now_ms, "by": errand.by,
                                   "text": f"let the owner of {account} be told"}])  # fmt: skip
    errand.note(Kind.CASE, {"case_id": case["case_id"], "to": "owner_told", "action_id": action_id}, account)
    contact: str | None = letter["to"]
    return contact
