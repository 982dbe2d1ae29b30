"""Account facts are taken in: what is older never replaces what is newer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from streams.enforcement.ledger.rows import facts_of, facts_row
from streams.enforcement.ledger.schema import facts
from streams.enforcement.ledger.transaction import Ledger, Row, Transaction
from streams.enforcement.policy.facts import Facts

BATCH = 1_000
"""Accounts that one transaction takes in: alerts and commands come in between."""

AHEAD_MS = 5 * 60_000
"""How far ahead of our clock facts may be; further ahead they would keep newer ones out for as long."""


@dataclass(frozen=True)
class Unlisted:
    """An account that facts take off the allow list, or leave on it for less long. until_ms: None, off it at once."""

    account_id: str
    was_ms: int
    until_ms: int | None


@dataclass
class TakenFacts:
    """How many accounts' facts are new, changed, the same as before, or older than what is known; early: accounts whose
    facts are from the future, which are not taken; unlisted: those whose time on the allow list they end or shorten.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    older: int = 0
    early: list[str] = field(default_factory=list)
    unlisted: list[Unlisted] = field(default_factory=list)

    def add(self, other: TakenFacts) -> None:
        """Count another batch in."""
        for name in ("new", "changed", "same", "older"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.early += other.early
        self.unlisted += other.unlisted

    @property
    def total(self) -> int:
        """Of how many accounts there were facts."""
        return self.new + self.changed + self.same + self.older + len(self.early)


def take_facts(tx: Transaction, told: Sequence[Facts], *, keep_listed: bool = False) -> TakenFacts:
    """Write one batch; of two about one account the newer counts, the later told of equally old ones.

    keep_listed: whoever is on the allow list stays on it as long as before, since taking them off is for two people.
    """
    found = TakenFacts()
    known = {row["account_id"]: row for row in tx.among(facts, facts.c.account_id, (one.account_id for one in told))}
    before, written = frozenset(known), dict[str, Row]()
    for one in told:
        if one.as_of_ms > tx.now_ms + AHEAD_MS:
            found.early.append(one.account_id)
            continue
        one = _listed(one, known.get(one.account_id), found, tx.now_ms, keep_listed)
        if _counts(one, known.get(one.account_id), found):
            known[one.account_id] = written[one.account_id] = facts_row(one, tx.now_ms)
    tx.delete(facts, facts.c.account_id.in_(sorted(written.keys() & before)))
    tx.insert(facts, list(written.values()))
    return found


def _listed(one: Facts, row: Row | None, found: TakenFacts, now_ms: int, keep: bool) -> Facts:
    """The facts, with the time on the allow list that is to count."""
    old = facts_of(row) if row is not None else None
    was = old.allow_listed_until_ms if old is not None and old.allow_listed(now_ms) else None
    if old is None or was is None or one.as_of_ms < old.as_of_ms or (one.allow_listed_until_ms or 0) >= was:
        return one
    found.unlisted.append(Unlisted(one.account_id, was, one.allow_listed_until_ms))
    return replace(one, allow_listed_until_ms=was) if keep else one


def _counts(one: Facts, row: Row | None, found: TakenFacts) -> bool:
    """Whether they are to be written."""
    if row is None:
        found.new += 1
        return True
    old = facts_of(row)
    if one.as_of_ms < old.as_of_ms:
        found.older += 1
        return False
    same = replace(one, as_of_ms=old.as_of_ms) == old
    found.same += same
    found.changed += not same
    return not same or one.as_of_ms > old.as_of_ms


def take_all(ledger: Ledger, told: Sequence[Facts], now_ms: int) -> Iterator[TakenFacts]:
    """Write all, a transaction for each BATCH; gives what has been taken so far after each. Raises FencedOff.

    Nobody leaves the allow list by it: `unlisted` is what two people may decide.
    """
    found = TakenFacts()
    for first in range(0, len(told), BATCH):
        with ledger.writing(now_ms) as tx:
            batch = take_facts(tx, told[first : first + BATCH], keep_listed=True)
        found.add(batch)
        yield found
