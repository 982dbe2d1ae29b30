"""What people do about actions: approve, reject, undo; and what an owner says is done is looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.consequences import PROPOSAL_MS
from streams.enforcement.ledger.moves import begun
from streams.enforcement.ledger.rows import action_of
from streams.enforcement.ledger.schema import actions, alerts, pending
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.obeying.asking import asked, books_of, patience_ms, wanted_of
from streams.enforcement.obeying.campaign import leave_times, leaving_words
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.obeying.pending import agreement, waiting_change, words_of
from streams.enforcement.obeying.undoing import taken_back
from streams.enforcement.people.account_args import ActionApprove, ActionReject, ActionUndo, DoneRecheck
from streams.enforcement.people.two_people import Approval, Word, approval_of, people_needed
from streams.enforcement.policy.action import UNDER_WAY, State
from streams.enforcement.policy.rungs import CONTAIN, HEIGHT
from streams.tally import agrees, tally

CARRY_OUT = "carry_out"
"""Where an answer names the command that is to be done now."""

_OPEN = [str(state) for state in UNDER_WAY]


def preview(rows: Sequence[Row], verb: str) -> dict[str, Any]:
    """What a person sees before they agree; an approval names its hash."""
    told = [{"action_id": row["action_id"], "rung": row["rung"], "entity_id": row["entity_id"],
             "account_id": row["account_id"], "state": row["state"]} for row in rows]  # fmt: skip
    return {"verb": verb, "actions": sorted(told, key=lambda one: one["action_id"])}


def preview_hash(rows: Sequence[Row], verb: str) -> str:
    """The hash of such a preview."""
    return approval_of(preview(rows, verb))


def to_undo(tx: Transaction, ids: Sequence[str], rule: str | None, version: str | None, since_ms: int | None,
            until_ms: int | None) -> list[Row]:  # fmt: skip
    """The actions that an undo reaches: those named, or a rule's, or those decided in a span; never restricted ones
    in bulk.
    """
    if ids:
        return list(tx.among(actions, actions.c.action_id, ids))
    where = [actions.c.state.in_([*_OPEN, str(State.PROPOSED)]), ~actions.c.restricted, actions.c.rung != CONTAIN]
    where += [actions.c.rule == rule] if rule is not None else []
    where += [actions.c.rule_version == version] if version is not None else []
    where += [actions.c.decided_ms >= since_ms] if since_ms is not None else []
    where += [actions.c.decided_ms < until_ms] if until_ms is not None else []
    return tx.rows(sa.select(actions).where(*where).order_by(actions.c.decided_ms, actions.c.action_id))


def _heaviest(rows: Sequence[Row]) -> Weight:
    rungs = {row["rung"] for row in rows}
    highest = CONTAIN if CONTAIN in rungs else max(rungs, key=lambda rung: HEIGHT[rung], default=None)
    return Weight(highest, any(row["restricted"] for row in rows), count=len({row["account_id"] for row in rows}))


def _named(errand: Errand, ids: Sequence[str]) -> list[Row]:
    return errand.all_found(actions, actions.c.action_id, ids, "action")


def ids_weight(errand: Errand) -> Weight:
    """By the highest rung among them."""
    assert isinstance(errand.args, ActionApprove | ActionReject)
    return _heaviest(_named(errand, errand.args.ids))


def waiting_for(errand: Errand) -> Row | None:
    """What another person asked for and this one is to agree with, or say no to; None where it is about actions."""
    args = errand.args
    if not isinstance(args, ActionApprove | ActionReject) or len(args.ids) != 1:
        return None
    return waiting_change(errand.tx, args.ids[0])


def approve(errand: Errand) -> Answer:
    """Say yes to proposed actions, or to what another person asked for."""
    args = errand.args
    assert isinstance(args, ActionApprove)
    waiting = waiting_for(errand)
    if waiting is not None:
        return _second(errand, waiting, args.change)
    rows = _named(errand, args.ids)
    for row in rows:
        if row["state"] != str(State.PROPOSED):
            raise Turned(f"{row['action_id']} is {row['state']}, not proposed")
    if preview_hash(rows, "approve") != args.change:
        raise Turned("what you approve is not what is there now: look again (tipstaff actions list)")
    terms = errand.in_force.policy.terms
    wanted = max((terms[row["rung"]].people for row in rows if row["rung"] in terms), default=1)
    needed = max(people_needed("action.approve", len({row["account_id"] for row in rows}),
                               _heaviest(rows).rung), wanted, 1)  # fmt: skip
    return _agree(errand, rows, args.change, needed)


def _agree(errand: Errand, rows: Sequence[Row], change: str, needed: int) -> Answer:
    before = errand.tx.one(sa.select(pending).where(pending.c.change == change))
    words = _words(before, errand, change)
    asked_ms = before["asked_ms"] if before else errand.tx.now_ms
    found = agreement(errand, words, None, needed, _heaviest(rows).rung or "", change, asked_ms)
    errand.note(Kind.APPROVAL, {"change": change, "actions": [row["action_id"] for row in rows]})
    if found.word is Word.YES:
        errand.tx.delete(pending, pending.c.change == change)
        return _begin(errand, rows)
    errand.tx.put(pending, {
        "change": change, "command_id": errand.command.id, "by": errand.by, "verb": "action.approve",
        "args": errand.command.args, "why": errand.command.why, "asked_ms": asked_ms,
        "until_ms": errand.tx.now_ms + PROPOSAL_MS, "alone_ms": found.until_ms,
        "agreed": [{"by": one.by, "at_ms": one.at_ms} for one in words],
        "restricted": any(row["restricted"] for row in rows),
    })  # fmt: skip
    return Answer(Ending.WAITS, words_of(found, change), {"change": change})


def _words(before: Row | None, errand: Errand, change: str) -> list[Approval]:
    told = [Approval(one["by"], change, one["at_ms"]) for one in (before["agreed"] if before else ())]
    return [*(one for one in told if one.by != errand.by), Approval(errand.by, change, errand.tx.now_ms)]


def begin_proposed(errand: Errand) -> Answer:
    """Begin what a team of one approved and waited for."""
    args = errand.args
    assert isinstance(args, ActionApprove)
    rows = [row for row in _named(errand, args.ids) if row["state"] == str(State.PROPOSED)]
    return _begin(errand, rows)


def _begin(errand: Errand, rows: Sequence[Row]) -> Answer:
    """Let proposed actions leave: their time to be delivered starts now."""
    books = books_of(errand, [row["account_id"] for row in rows])
    times = leave_times(errand, len(rows))
    for row, leaves in zip(rows, times, strict=True):
        not_after = (leaves or errand.tx.now_ms) + patience_ms(errand.in_force.policy.terms.get(row["rung"]))
        book = books[row["account_id"]]
        decision = asked(errand, wanted_of(row, not_after), book, row["rule_version"])
        changed: dict[str, Any] = {"decided_ms": errand.tx.now_ms, "not_after_ms": not_after, "leaves_ms": leaves}
        action = begun(action_of({**row, **changed}))
        version = errand.after.start(action, decision, book.facts, approved=True)
        changed |= {"ends_ms": action.ends_ms, "desired_version": version, "approved_by": errand.by}
        if not errand.after.moves.to(row, State.GUARDED, errand.by, errand.command.why, **changed):
            raise Turned(f"{row['action_id']} has changed meanwhile: look again")
    what = f"{tally(len(rows), 'action')} {agrees(len(rows), 'leaves', 'leave')}"
    return Answer(Ending.DONE, leaving_words(what, times, errand.tx.now_ms),
                  {"actions": [row["action_id"] for row in rows]})  # fmt: skip


def _second(errand: Errand, waiting: Row, change: str) -> Answer:
    """Another person agrees with what was asked for."""
    if waiting["change"] != change:
        raise Turned("the hash is not that of what waits: look again (tipstaff actions list --waiting)")
    if waiting["by"] == errand.by:
        raise Turned("whoever asks cannot be the second person")
    if errand.tx.now_ms > waiting["until_ms"]:
        raise Turned("it has waited too long: ask for it anew")
    errand.tx.delete(pending, pending.c.change == change)
    return Answer(Ending.DONE, f"agreed: {waiting['verb']} asked for by {waiting['by']}",
                  {CARRY_OUT: waiting["command_id"]})  # fmt: skip


def reject(errand: Errand) -> Answer:
    """Say no to proposed actions, or to what waits for a second person."""
    args = errand.args
    assert isinstance(args, ActionReject)
    waiting = waiting_for(errand)
    if waiting is not None:
        errand.tx.delete(pending, pending.c.change == waiting["change"])
        return Answer(Ending.DONE, f"{waiting['verb']} will not be done")
    rows = _named(errand, args.ids)
    done = [row for row in rows if errand.after.moves.to(row, State.REJECTED, errand.by, errand.command.why)]
    if len(done) < len(rows):
        raise Turned("some of them are not proposed (any more): look again, and use undo for what is in force")
    return Answer(Ending.DONE, f"{tally(len(done), 'action')} rejected")


def undo_weight(errand: Errand) -> Weight:
    """By the highest rung among what it reaches."""
    return _heaviest(_reached(errand))


def _reached(errand: Errand) -> list[Row]:
    args = errand.args
    assert isinstance(args, ActionUndo)
    ids = [row["action_id"] for row in _named(errand, args.ids)] if args.ids else []
    rows = to_undo(errand.tx, ids, args.rule, args.rule_version, args.since_ms, args.until_ms)
    if not rows:
        raise Turned("there is nothing in force of that kind")
    return rows


def undo(errand: Errand) -> Answer:
    """Undo actions: they are lifted, their strikes taken back, and their rules muted for the accounts."""
    args, rows = errand.args, _reached(errand)
    assert isinstance(args, ActionUndo)
    if not args.ids and args.change != preview_hash(rows, "undo"):
        raise Turned("what you undo is not what is there now: look again (tipstaff actions undo … --preview)")
    done = taken_back(errand, rows, errand.command.why)
    if not done:
        raise Turned(f"{rows[0]['action_id']} is {rows[0]['state']}: there is nothing to undo")
    errand.note(Kind.UNDO, {"actions": [row["action_id"] for row in done]})
    return Answer(Ending.DONE, f"{tally(len(done), 'action')} undone", {"actions": [row["action_id"] for row in done]})


def recheck_weight(errand: Errand) -> Weight:
    """By the action."""
    assert isinstance(errand.args, DoneRecheck)
    return _heaviest(_named(errand, [errand.args.action_id]))


def recheck(errand: Errand) -> Answer:
    """The owner says that it is done: lifted where the policy lets the owner lift it and nothing has fired since."""
    assert isinstance(errand.args, DoneRecheck)
    row = _named(errand, [errand.args.action_id])[0]
    terms = errand.in_force.policy.terms.get(row["rung"])
    if terms is None or terms.lifts != "owner":
        raise Turned(f"{row['rung']} is not lifted by the owner's word: {terms.lifts if terms else 'a person decides'}")
    since = row["confirmed_ms"] or row["decided_ms"]
    mine = sa.and_(alerts.c.account_id == row["account_id"], alerts.c.clause == row["clause"],
                   alerts.c.time_ms > since)  # fmt: skip
    again = errand.tx.one(sa.select(alerts).where(mine).limit(1))
    if again is not None:
        raise Turned(f"it goes on: {again['title']} ({again['alert_id'][:8]}) has fired since")
    if not errand.after.moves.end(row):
        raise Turned(f"{row['action_id']} is {row['state']}: there is nothing to lift")
    return Answer(Ending.DONE, f"{row['rung']} of {row['entity_id']} is lifted")
