"""What people do to accounts: act, reinstate, protect, forget."""

from __future__ import annotations

import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.account_books import AccountBook
from streams.enforcement.ledger.hold_lists import holds_on
from streams.enforcement.ledger.moves import begun
from streams.enforcement.ledger.schema import (
    actions,
    alerts,
    case_links,
    cases,
    protections,
    pseudonym_keys,
    suspended_elsewhere,
)
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.asking import asked, books_of, patience_ms
from streams.enforcement.obeying.campaign import leave_times, leaving_words
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.obeying.undoing import taken_back
from streams.enforcement.people.account_args import (
    AccountAct,
    AccountElsewhere,
    AccountErase,
    AccountProtect,
    Accounts,
    Target,
)
from streams.enforcement.policy.action import UNDER_WAY, Action, State, action_id
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.rungs import SUSPEND
from streams.tally import agrees, tally

_LASTING = [str(state) for state in (*UNDER_WAY, State.PROPOSED)]


def act_weight(errand: Errand) -> Weight:
    """By the rung and how many accounts; restricted where the clause, the case or the alert is."""
    args = errand.args
    assert isinstance(args, AccountAct)
    clause = errand.in_force.clauses.get(args.clause)
    if clause is None:
        raise Turned(f"there is no clause {args.clause}")
    terms = errand.in_force.policy.terms.get(args.rung)
    targets = _targets(errand, args)
    restricted = clause.restricted or _restricted(errand, args)
    return Weight(args.rung, restricted, count=len({one.account_id for one in targets}),
                  needed=terms.people if terms else 0)  # fmt: skip


def _restricted(errand: Errand, args: AccountAct) -> bool:
    case = errand.found(cases, cases.c.case_id, args.case, "case") if args.case is not None else None
    alert = errand.found(alerts, alerts.c.alert_id, args.alert, "alert") if args.alert is not None else None
    return any(row["restricted"] for row in (case, alert) if row is not None)


def _targets(errand: Errand, args: AccountAct) -> list[Target]:
    if args.targets:
        return list(dict.fromkeys(args.targets))
    case = errand.found(cases, cases.c.case_id, args.case or "", "case")
    query = sa.select(case_links.c.ref).where(case_links.c.case_id == case["case_id"], case_links.c.what == "account")
    found = [Target("account", row["ref"], row["ref"]) for row in errand.tx.rows(query.order_by(case_links.c.ref))]
    if not found:
        raise Turned(f"case {case['case_id']} names no account")
    return found


def act(errand: Errand) -> Answer:
    """A rung upon every target, each an action of its own."""
    args = errand.args
    assert isinstance(args, AccountAct)
    targets = _targets(errand, args)
    books = books_of(errand, [one.account_id for one in targets])
    times = leave_times(errand, len(targets))
    made = [_act_on(errand, args, one, books[one.account_id], leaves)
            for one, leaves in zip(targets, times, strict=True)]  # fmt: skip
    what = f"{args.rung} of {tally(len(made), 'entity', 'entities')} leaves"
    return Answer(Ending.DONE, leaving_words(what, times, errand.tx.now_ms),
                  {"actions": [action.id for action in made]})  # fmt: skip


def _act_on(errand: Errand, args: AccountAct, target: Target, book: AccountBook, leaves_ms: int | None) -> Action:
    now, alert = errand.tx.now_ms, _alert(errand, args, target)
    terms = errand.in_force.policy.terms.get(args.rung)
    not_after = (leaves_ms or now) + patience_ms(terms)
    lasts = args.lasts_ms or (terms.lasts_ms if terms else None)
    rule, version = (alert["rule"], alert["rule_version"]) if alert else ("", "")
    wanted = Decision(Outcome.ACT, Reason.LADDER, alert["alert_id"] if alert else "", 0, target.account_id,
                      args.clause, rule, args.rung, target.kind, target.id, lasts, not_after)  # fmt: skip
    decision = asked(errand, wanted, book, version)
    name = action_id(errand.command.id, args.rung, target.kind, f"{target.account_id}\x1f{target.id}", 0)
    action = begun(Action(name, args.rung, target.kind, target.account_id, target.id, args.clause, rule, version,
                          decision.alert_id, State.GUARDED, now, decision.not_after_ms, lasts,
                          by=errand.by, leaves_ms=leaves_ms))  # fmt: skip
    book.note(action)
    clause = errand.in_force.clauses[args.clause]
    strikes = terms.strikes if terms and clause.path == "ordinary" and not (alert and alert["victim"]) else 0
    errand.after.begin(action, decision, book.facts, strikes=strikes, restricted=clause.restricted)
    errand.note(Kind.ACTION, {"action_id": action.id, "rung": action.rung, "to": "guarded"}, action.account_id)
    return action


def _alert(errand: Errand, args: AccountAct, target: Target) -> Row | None:
    """The alert that the person named, else the newest one of the clause about it."""
    if args.alert is not None:
        return errand.found(alerts, alerts.c.alert_id, args.alert, "alert")
    mine = sa.and_(alerts.c.account_id == target.account_id, alerts.c.clause == args.clause)
    return errand.tx.one(sa.select(alerts).where(mine).order_by(alerts.c.taken_ms.desc()).limit(1))


def many_weight(errand: Errand) -> Weight:
    """By how many accounts. That one is contained gives child safety's people the right; to others a refusal would tell
    of it.
    """
    args = errand.args
    assert isinstance(args, Accounts | AccountProtect | AccountElsewhere)
    contained = errand.sees_restricted and bool(_in_force(errand, args.account_ids, True))
    return Weight(count=len(set(args.account_ids)), restricted=contained)


def _in_force(errand: Errand, accounts: list[str], restricted: bool) -> list[Row]:
    lasting = sa.and_(actions.c.state.in_(_LASTING), actions.c.restricted == restricted)
    rows = errand.tx.among(actions, actions.c.account_id, accounts, lasting)
    return sorted(rows, key=lambda row: (row["decided_ms"], row["action_id"]))


def reinstate(errand: Errand) -> Answer:
    """End everything in force against accounts, take its strikes back, and mute the rules that brought it about.

    What child safety has done is reached by its own people alone.
    """
    args = errand.args
    assert isinstance(args, Accounts)
    rows = _in_force(errand, args.account_ids, False)
    rows += _in_force(errand, args.account_ids, True) if errand.sees_restricted else []
    done = taken_back(errand, rows, errand.command.why)
    return Answer(Ending.DONE, f"{tally(len(done), 'action')} undone on {tally(len(set(args.account_ids)), 'account')}",
                  {"actions": [row["action_id"] for row in done]})  # fmt: skip


def protect(errand: Errand) -> Answer:
    """Nothing but pages comes upon the accounts until a time."""
    args = errand.args
    assert isinstance(args, AccountProtect)
    if args.until_ms <= errand.tx.now_ms:
        raise Turned("that time is over: give a later one")
    wanted = sorted(set(args.account_ids))
    for account in wanted:
        errand.tx.put(protections, {"account_id": account, "until_ms": args.until_ms, "by": errand.by,
                                    "why": errand.command.why})  # fmt: skip
        errand.note(Kind.FACTS, {"protected_until_ms": args.until_ms}, account)
    return Answer(Ending.DONE, f"{tally(len(wanted), 'account')} {agrees(len(wanted), 'is', 'are')} protected")


def unprotect(errand: Errand) -> Answer:
    """The protection of accounts ends."""
    args = errand.args
    assert isinstance(args, Accounts)
    wanted = sorted(set(args.account_ids))
    gone = errand.tx.delete(protections, protections.c.account_id.in_(wanted))
    for account in wanted:
        errand.note(Kind.FACTS, {"protected_until_ms": 0}, account)
    return Answer(Ending.DONE, f"{tally(gone, 'account')} {agrees(gone, 'is', 'are')} no longer protected")


def elsewhere(errand: Errand) -> Answer:
    """Others have suspended accounts: we don't add to that; or have let them go: what we have in force goes too."""
    args = errand.args
    assert isinstance(args, AccountElsewhere)
    wanted, now = sorted(set(args.account_ids)), errand.tx.now_ms
    errand.tx.delete(suspended_elsewhere, suspended_elsewhere.c.account_id.in_(wanted))
    if args.suspended:
        errand.tx.insert(suspended_elsewhere, [{"account_id": one, "since_ms": now, "by": errand.by,
                                                "why": errand.command.why} for one in wanted])  # fmt: skip
    ours = [] if args.suspended else [row for row in _in_force(errand, wanted, False) if row["rung"] == SUSPEND]
    taken_back(errand, ours, errand.command.why)
    for account in wanted:
        errand.note(Kind.FACTS, {"suspended_elsewhere": args.suspended}, account)
    said = "suspended" if args.suspended else "let go"
    undone = tally(len(ours), "suspension")
    return Answer(Ending.DONE, f"{tally(len(wanted), 'account')} {said} by others; {undone} of ours undone")


def erase_weight(errand: Errand) -> Weight:
    """Whoever asks hears at once that it cannot be, and not only once another has agreed."""
    assert isinstance(errand.args, AccountErase)
    _erasable(errand, errand.args.account_id)
    return Weight()


def _erasable(errand: Errand, account: str) -> None:
    known = errand.tx.one(sa.select(pseudonym_keys.c.account_id).where(pseudonym_keys.c.account_id == account))
    if known is None:
        raise Turned(f"the audit knows no account {account}")
    held = holds_on(errand.tx, account)
    if held:
        ends = ", ".join(f"{row['hold']} (until {rfc3339(row['until_ms'])})" for row in held)
        raise Turned(f"{account} is under legal {agrees(len(held), 'hold', 'holds')} {ends}: nothing of it is erased "
                     "before that is released, which nobody can before its time")  # fmt: skip


def erase(errand: Errand) -> Answer:
    """Destroy what ties an account to its records in the audit, unless it is under a legal hold by now."""
    args = errand.args
    assert isinstance(args, AccountErase)
    _erasable(errand, args.account_id)
    errand.note(Kind.ERASURE, {}, args.account_id)
    errand.after.trail.flush()
    errand.tx.delete(pseudonym_keys, pseudonym_keys.c.account_id == args.account_id)
    return Answer(Ending.DONE, "the audit no longer knows which account it was")
