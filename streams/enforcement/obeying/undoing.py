"""What people take back: the actions end, their strikes with them, and their rules are mute about the accounts."""

from __future__ import annotations

from collections.abc import Iterable

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.schema import mutes
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.errand import Errand


def taken_back(errand: Errand, rows: Iterable[Row], why: str) -> list[Row]:
    """Undo actions, and mute the rules that brought them about; those that there was something to undo of."""
    done = [row for row in rows if errand.after.moves.reverse(row, errand.by, why)]
    for account, rule in sorted({(row["account_id"], row["rule"]) for row in done if row["rule"]}):
        mute(errand, account, rule)
    return done


def mute(errand: Errand, account: str, rule: str) -> None:
    """From now on the rule does no more than page about the account, for as long as policy says."""
    until = errand.tx.now_ms + errand.in_force.policy.mute_ms
    errand.tx.put(mutes, {"account_id": account, "rule": rule, "until_ms": until, "by": errand.by,
                          "made_ms": errand.tx.now_ms})  # fmt: skip
    errand.note(Kind.MUTE, {"rule": rule, "until_ms": until}, account)
