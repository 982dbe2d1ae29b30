"""How enforcement itself is run: the switch, stages, people, budgets, facts, holds."""

from __future__ import annotations

import sqlalchemy as sa

from features.ticks import DAY_MS
from streams.alert_lines import rfc3339
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.circumstances import ALL
from streams.enforcement.ledger.gates import gates
from streams.enforcement.ledger.hold_lists import hold_called
from streams.enforcement.ledger.schema import breakers, facts, holds, people, stages, switch
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned, Weight
from streams.enforcement.people.roles import HIDDEN
from streams.enforcement.people.running_args import (
    BudgetClose,
    FactsImport,
    FactsUnlist,
    HoldRelease,
    PeopleAdd,
    PeopleRevoke,
    RuleDemote,
    RulePromote,
    Switching,
    Unlisting,
)
from streams.enforcement.policy.policy import STAGES
from streams.enforcement.policy.standing import Stage
from streams.tally import tally

_LISTED = "allow_listed_until_ms"

MOST_OVERRIDE_MS = 7 * DAY_MS
"""An override ends by itself, at the latest after so long: by then the rule can have earned its stage."""


def weight(errand: Errand) -> Weight:
    """Nothing of it is about one account's matter."""
    assert errand.args is not None
    return Weight(restricted=False)


def promote_weight(errand: Errand) -> Weight:
    """An override takes two people."""
    assert isinstance(errand.args, RulePromote)
    _ends(errand, errand.args)
    return Weight(override=errand.args.override)


def _ends(errand: Errand, args: RulePromote) -> None:
    if args.until_ms is not None and not 0 < args.until_ms - errand.tx.now_ms <= MOST_OVERRIDE_MS:
        raise Turned(f"an override ends later than now, and within {MOST_OVERRIDE_MS // DAY_MS} d")


def stop(errand: Errand) -> Answer:
    """Nothing of these scopes leaves any more."""
    return _switch(errand, on=False)


def resume(errand: Errand) -> Answer:
    """What these scopes want may leave again."""
    return _switch(errand, on=True)


def _switch(errand: Errand, on: bool) -> Answer:
    args = errand.args
    assert isinstance(args, Switching)
    for scope in args.scopes:
        errand.tx.put(switch, {"scope": scope, "on": on, "at_ms": errand.tx.now_ms, "by": errand.by,
                               "why": errand.command.why})  # fmt: skip
        errand.note(Kind.SWITCH, {"scope": scope, "to": "on" if on else "off"})
    named = "everything" if args.scopes == [ALL] else ", ".join(args.scopes)
    summary = f"{errand.by} {'let' if on else 'stopped'} {named}{' go on' if on else ''}: {errand.command.why}"
    errand.after.messages.page("switch", errand.command.id, summary, False, {"scopes": list(args.scopes), "on": on})
    return Answer(Ending.DONE, f"{named}: {'on' if on else 'off'}")


def promote(errand: Errand) -> Answer:
    """Put a rule's version into a higher stage, as far as the policy lets it come."""
    args = errand.args
    assert isinstance(args, RulePromote)
    version, cap = errand.in_force.rules.get(args.rule), errand.in_force.policy.stage_cap(args.rule)
    if version is None:
        raise Turned(f"there is no rule {args.rule}")
    if version != args.rule_version:
        raise Turned(f"{args.rule} is {version} now, not {args.rule_version}: look at it again")
    if STAGES.index(args.stage) > STAGES.index(cap):
        raise Turned(f"policy.yaml lets {args.rule} come to {cap} at most: change it there first")
    _ends(errand, args)
    forecast, why_not = gates(errand.tx, errand.in_force, args.rule, version, args.stage, args.share)
    if why_not and not args.override:
        raise Turned(f"its gates are not met: {why_not}. --override needs a second person and ends by itself")
    note_stage(errand.tx, errand.after.trail, args.rule, version, Stage(args.stage, args.share or 1.0), errand.by,
               errand.command.why, args.until_ms, forecast)  # fmt: skip
    return Answer(Ending.DONE, f"{args.rule} is {args.stage} now")


def demote(errand: Errand) -> Answer:
    """Put a rule into a lower stage."""
    args = errand.args
    assert isinstance(args, RuleDemote)
    rows = errand.tx.rows(sa.select(stages).where(stages.c.rule == args.rule, stages.c.stage != "shadow"))
    if not rows:
        raise Turned(f"{args.rule} is shadow already")
    for row in rows:
        share = min(row["share"], 0.01) if args.stage == "canary" else 0.0
        note_stage(errand.tx, errand.after.trail, args.rule, row["rule_version"], Stage(args.stage, share), errand.by,
                   errand.command.why, row["until_ms"] if args.stage == "canary" else None)  # fmt: skip
    return Answer(Ending.DONE, f"{args.rule} is {args.stage} now")


def add_person(errand: Errand) -> Answer:
    """Somebody may ask for things from now on, or with other roles."""
    args = errand.args
    assert isinstance(args, PeopleAdd)
    before = errand.tx.one(sa.select(people).where(people.c.name == args.name))
    if before is not None and before["revoked_ms"] is not None:
        raise Turned(f"{args.name} was revoked: a name is not given twice")
    if before is not None and before["public_key"] != args.public_key:
        raise Turned(f"there is a {args.name} already, with another key: revoke that one, and choose another name")
    errand.tx.put(people, {"name": args.name, "public_key": args.public_key, "roles": sorted(map(str, args.roles)),
                           "added_ms": errand.tx.now_ms, "revoked_ms": None})  # fmt: skip
    errand.note(Kind.PEOPLE, {"name": args.name, "roles": sorted(map(str, args.roles))})
    return Answer(Ending.DONE, f"{args.name} is one of {', '.join(sorted(map(str, args.roles)))}")


def revoke_person(errand: Errand) -> Answer:
    """Nothing that they sign counts any more."""
    args = errand.args
    assert isinstance(args, PeopleRevoke)
    mine = sa.and_(people.c.name == args.name, people.c.revoked_ms.is_(None))
    if not errand.tx.update(people, mine, revoked_ms=errand.tx.now_ms):
        raise Turned(f"nobody here is called {args.name}, or they were revoked before")
    errand.note(Kind.PEOPLE, {"name": args.name, "revoked": True})
    return Answer(Ending.DONE, f"{args.name} is revoked")


def close_budget(errand: Errand) -> Answer:
    """Close a budget's breaker: it pays again."""
    args = errand.args
    assert isinstance(args, BudgetClose)
    if not errand.tx.delete(breakers, sa.and_(breakers.c.purse == args.purse, breakers.c.scope == args.scope)):
        raise Turned(f"no breaker is open for {args.purse} of {args.scope}")
    errand.note(Kind.BUDGET, {"purse": args.purse, "scope": args.scope, "state": "closed"})
    return Answer(Ending.DONE, f"the budget {args.purse} of {args.scope} pays again")


def note_facts(errand: Errand) -> Answer:
    """Record that facts were imported; the facts themselves come by their own way, but for the end of a time on the
    allow list, which is asked for by itself.
    """
    args = errand.args
    assert isinstance(args, FactsImport)
    errand.note(Kind.FACTS, {"sha256": args.sha256, "accounts": args.accounts})
    return Answer(Ending.DONE, f"facts of {tally(args.accounts, 'account')}")


def unlist(errand: Errand) -> Answer:
    """Take accounts off the allow list, or leave them on it for less long; one that has changed meanwhile stays."""
    args = errand.args
    assert isinstance(args, FactsUnlist)
    known = {row["account_id"]: row for row in errand.tx.among(facts, facts.c.account_id, (
        one.account_id for one in args.accounts))}  # fmt: skip
    done = [one for one in args.accounts if _unlist(errand, one, known.get(one.account_id))]
    left = len(args.accounts) - len(done)
    told = f"{tally(len(done), 'account')} off the allow list, or on it for less long"
    return Answer(Ending.DONE, told + (f"; {left:,} changed meanwhile and left alone" if left else ""))


def _unlist(errand: Errand, one: Unlisting, row: Row | None) -> bool:
    if row is None or row["known"].get(_LISTED) != one.was_ms:
        return False
    told = {**row["known"], _LISTED: one.until_ms}
    errand.tx.update(facts, facts.c.account_id == one.account_id, known=told)
    errand.note(Kind.FACTS, {"allow_listed_until_ms": one.until_ms or 0}, one.account_id)
    return True


def hold_weight(errand: Errand) -> Weight:
    """A hold of child safety's is released by its own people alone. Whoever asks hears at once that it cannot be."""
    return Weight(restricted=_releasable(errand)["restricted"])


def _releasable(errand: Errand) -> Row:
    args = errand.args
    assert isinstance(args, HoldRelease)
    row = hold_called(errand.tx, args.hold)
    if row is None or (row["restricted"] and not errand.sees_restricted):
        raise Turned(f"no hold {args.hold}" if errand.sees_restricted else HIDDEN)
    if row["released_ms"] is not None:
        raise Turned(f"hold {args.hold} was released before")
    if errand.tx.now_ms < row["until_ms"]:
        raise Turned(f"a legal hold stands for its whole time, this one until {rfc3339(row['until_ms'])}; nobody ends "
                     "it before")  # fmt: skip
    return row


def release_hold(errand: Errand) -> Answer:
    """A legal hold ends, not before its time."""
    row = _releasable(errand)
    errand.tx.update(holds, holds.c.hold == row["hold"], released_ms=errand.tx.now_ms, released_by=errand.by)
    errand.note(Kind.HOLD, {"hold": row["hold"], "to": "released"}, row["account_id"])
    return Answer(Ending.DONE, f"hold {row['hold']} is released")
