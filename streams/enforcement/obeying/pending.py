"""What needs a second person waits for one; in a team of one it waits for time to pass, and everybody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from features.ticks import DAY_MS
from streams.alert_lines import rfc3339
from streams.enforcement.ledger.schema import pending
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.obeying.errand import Errand, Weight
from streams.enforcement.people.roles import may
from streams.enforcement.people.two_people import Agreement, Approval, Word, agreed, approval_of, people_needed

WAITS_MS = DAY_MS
"""How long a change waits for another's word."""

_OTHERS = "*"


@dataclass(frozen=True)
class Waiting:
    """change: the hash that an approval names; detail: what it waits for, for the person who asked."""

    change: str
    detail: str


def change_of(verb: str, args: dict[str, Any]) -> str:
    """The hash of what is asked for: another's approval names it."""
    return approval_of({"verb": verb, "args": args})


def agree_or_wait(errand: Errand, weight: Weight) -> Waiting | None:
    """None where it may be done now; else it is put down to wait.

    Approvals of proposed actions wait in a room of their own, since policy asked for those; one person says no.
    """
    verb = errand.command.verb
    needed = max(people_needed(verb, weight.count, weight.rung, weight.override), weight.needed)
    if needed <= 1 or verb in ("action.approve", "action.reject"):
        return None
    change = change_of(verb, errand.command.args)
    found = agreement(errand, (), errand.by, needed, weight.rung or verb, change, errand.tx.now_ms)
    if found.word is Word.YES:
        return None
    _put_down(errand, change, found, weight.restricted)
    return Waiting(change, words_of(found, change))


def agreement(errand: Errand, approvals: Sequence[Approval], requester: str | None, needed: int, what: str,
              change: str, asked_ms: int) -> Agreement:  # fmt: skip
    """Whether enough people agree, by the policy's team; what: a rung or a verb, for how long one alone waits."""
    policy = errand.in_force.policy
    alone = policy.alone_ms.get(what, policy.alone_ms.get(_OTHERS, 0))
    people = 1 if errand.command.verb == "people.add" and _nobody_else(errand) else policy.people
    return agreed(approvals, requester, needed, errand.tx.now_ms, people, alone, change=change,
                  asked_ms=asked_ms)  # fmt: skip


def _nobody_else(errand: Errand) -> bool:
    """Whether only who asks could agree: the second of several people would wait for a second person for ever."""
    others = [one for one in errand.people.values() if one.name != errand.by and one.revoked_ms is None]
    return all(may(one.roles, errand.command.verb) is not None for one in others)


def words_of(found: Agreement, change: str) -> str:
    """What it waits for, for the person who asked."""
    if found.word is Word.ALONE and found.until_ms is not None:
        return f"done at {rfc3339(found.until_ms)} unless stopped: there is nobody else to agree (change {change[:12]})"
    more = "one more person" if found.missing == 1 else f"{found.missing} more people"
    return f"waits for {more}: tipstaff actions approve {change[:12]}"


def _put_down(errand: Errand, change: str, found: Agreement, restricted: bool) -> None:
    tx, command = errand.tx, errand.command
    tx.put(pending, {
        "change": change, "command_id": command.id, "by": command.by, "verb": command.verb, "args": command.args,
        "why": command.why, "asked_ms": tx.now_ms, "until_ms": tx.now_ms + WAITS_MS, "alone_ms": found.until_ms,
        "agreed": [], "restricted": restricted,
    })  # fmt: skip
    told = f"{command.by} asks for {command.verb}{'' if restricted else f': {command.why}'}"  # pages reach everybody
    errand.after.messages.page(f"change:{change}", command.id, told, False,
                               {"change": change, "verb": command.verb, "by": command.by})  # fmt: skip


def waiting_change(tx: Transaction, wanted: str) -> Row | None:
    """What waits under a change's hash, a command's id, or the beginning of one."""
    begins = sa.or_(pending.c.change.startswith(wanted, autoescape=True),
                    pending.c.command_id.startswith(wanted, autoescape=True))  # fmt: skip
    rows = tx.rows(sa.select(pending).where(begins, pending.c.until_ms >= tx.now_ms).limit(2))
    return rows[0] if len(rows) == 1 else None


def ripe(tx: Transaction) -> list[Row]:
    """What a team of one has waited long enough for."""
    done = sa.and_(pending.c.alone_ms.is_not(None), pending.c.alone_ms <= tx.now_ms)
    return tx.rows(sa.select(pending).where(done).order_by(pending.c.asked_ms, pending.c.change))
