"""What the ledger holds of some accounts, moved on while a transaction decides about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from detectors.alert import Alert
from features.ticks import DAY_MS
from streams.enforcement.ledger.rows import action_of, alert_of, facts_of
from streams.enforcement.ledger.schema import (
    actions,
    alerts,
    facts,
    holds,
    mutes,
    protections,
    strikes,
    suspended_elsewhere,
    warned,
)
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.action import UNDER_WAY, Action, State
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.standing import Mute, Standing, Strike, Warned

REMEMBERED_MS = 90 * DAY_MS
"""How far back an account's actions matter to a decision."""

_LASTING = [str(state) for state in (*UNDER_WAY, State.PROPOSED)]


@dataclass
class AccountBook:
    """One account's."""

    standing: Standing
    facts: Facts | None = None
    alerts: dict[str, Alert] = field(default_factory=dict)

    def open_alerts(self, about: Alert) -> list[Alert]:
        """Its open alerts, that one first."""
        return [about, *(one for one in self.alerts.values() if one.id != about.id)]

    def note(self, action: Action) -> None:
        """An action that is new, or as it is now."""
        others = tuple(one for one in self.standing.actions if one.id != action.id)
        self.standing = replace(self.standing, actions=(action, *others))


def nobodys_book() -> AccountBook:
    """An empty book, for what is about no account: nothing is known of a cluster, and nothing stands against it."""
    return AccountBook(Standing(""))


def open_books(tx: Transaction, accounts: Iterable[str], open_ms: int, decay_ms: int) -> dict[str, AccountBook]:
    """The accounts' books: alerts of the last open_ms, strikes of the last decay_ms."""
    wanted = sorted(set(accounts))
    books = {name: AccountBook(standing) for name, standing in _standings(tx, wanted, decay_ms).items()}
    for row in tx.among(facts, facts.c.account_id, wanted):
        books[row["account_id"]].facts = facts_of(row)
    for row in tx.among(alerts, alerts.c.account_id, wanted, alerts.c.taken_ms > tx.now_ms - open_ms):
        books[row["account_id"]].alerts[row["alert_id"]] = alert_of(row)
    return books


def _standings(tx: Transaction, wanted: Sequence[str], decay_ms: int) -> dict[str, Standing]:
    now = tx.now_ms
    lately = sa.or_(actions.c.state.in_(_LASTING), actions.c.decided_ms > now - REMEMBERED_MS)
    acted: defaultdict[str, list[Action]] = defaultdict(list)
    for row in tx.among(actions, actions.c.account_id, wanted, lately):
        acted[row["account_id"]].append(action_of(row))
    struck: defaultdict[str, list[Strike]] = defaultdict(list)
    for row in tx.among(strikes, strikes.c.account_id, wanted, strikes.c.reversed_ms.is_(None),
                        strikes.c.given_ms > now - decay_ms):  # fmt: skip
        struck[row["account_id"]] += [Strike(row["clause"], row["given_ms"])] * row["count"]
    muted: defaultdict[str, list[Mute]] = defaultdict(list)
    for row in tx.among(mutes, mutes.c.account_id, wanted, mutes.c.until_ms > now):
        muted[row["account_id"]].append(Mute(row["rule"], row["until_ms"]))
    told: defaultdict[str, list[Warned]] = defaultdict(list)
    for row in tx.among(warned, warned.c.account_id, wanted):
        told[row["account_id"]].append(
            Warned(row["clause"], row["delivered_ms"], row["deadline_ms"], frozenset(row["end_users"] or ()))
        )
    held = {row["account_id"] for row in tx.among(holds, holds.c.account_id, wanted, holds.c.released_ms.is_(None))}
    until = {row["account_id"]: row["until_ms"] for row in tx.among(protections, protections.c.account_id, wanted)}
    elsewhere = {row["account_id"] for row in tx.among(suspended_elsewhere, suspended_elsewhere.c.account_id, wanted)}
    return {
        name: Standing(
            name, tuple(sorted(acted[name], key=lambda one: (-one.decided_ms, one.id))), tuple(struck[name]),
            tuple(muted[name]), tuple(told[name]), name in held, until.get(name), name in elsewhere,
        )
        for name in wanted
    }  # fmt: skip
