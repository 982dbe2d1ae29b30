"""What guards look at besides the account, as the ledger holds it: switch, lag, stages, budgets, active accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from features.ticks import DAY_MS
from streams.enforcement.guards.spending import Paid, Purses
from streams.enforcement.ledger.partitions import lag_ms
from streams.enforcement.ledger.schema import actions, breakers, progress, stages, switch
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.standing import Circumstances, Stage, Switch

ALL = "all"
"""The switch's scope for everything."""

_REST = Stage()


class Surroundings:
    """What is the same for all alerts of a transaction, and what it spends."""

    def __init__(self, tx: Transaction, policy: Policy, brake: Switch) -> None:
        self._tx, self._policy, self._now_ms = tx, policy, tx.now_ms
        self.switch = joined(brake, tx.rows(sa.select(switch)))
        rows = tx.rows(sa.select(progress))
        self.lag_ms, self.active_accounts = lag_ms(rows, tx.now_ms), _active(rows)
        self._stages = {(row["rule"], row["rule_version"]): row for row in tx.rows(sa.select(stages))}

    @cached_property
    def purses(self) -> Purses:
        """What budgets have paid: asked for at the first need, which most rounds of housekeeping never have."""
        return _purses(self._tx, self._policy.budgets)

    def stage(self, rule: str, version: str) -> Stage:
        """The stage in force of a rule's version; an override that is over counts no more."""
        row = self._stages.get((rule, version))
        if row is None or (row["until_ms"] is not None and row["until_ms"] <= self._now_ms):
            return _REST
        return Stage(row["stage"], row["share"])

    def of(self, rule: str, version: str, clause: str) -> Circumstances:
        """The circumstances of an alert."""
        return Circumstances(self.switch, self.lag_ms, self.stage(rule, version),
                             self.purses.spent(rule, clause, self._now_ms), self.active_accounts)  # fmt: skip


def joined(brake: Switch, rows: Iterable[Mapping[Any, Any]]) -> Switch:
    """The switch outside the ledger and the one in it: both must be on."""
    inside = {str(row["scope"]): bool(row["on"]) for row in rows}
    off = brake.off | {scope for scope, on in inside.items() if not on and scope != ALL}
    return Switch(brake.on and inside.get(ALL, False), brake.known, off)


def _active(rows: Iterable[Mapping[Any, Any]]) -> int | None:
    told = [row["active_accounts"] for row in rows if isinstance(row["active_accounts"], dict)]
    return sum(sum(one.values()) for one in told) if told else None


def _purses(tx: Transaction, named: Iterable[str]) -> Purses:
    """What was spent within the last day, in order of time."""
    since = tx.now_ms - DAY_MS
    paid: dict[str, list[Paid]] = {purse: [] for purse in named}
    query = sa.select(actions).where(actions.c.purse.is_not(None), actions.c.decided_ms > since)
    for row in tx.rows(query.order_by(actions.c.decided_ms, actions.c.action_id)):
        one = Paid(row["account_id"], row["rule"], row["clause"], row["plan"], row["decided_ms"])
        paid.setdefault(row["purse"], []).append(one)
    shut: defaultdict[str, set[str]] = defaultdict(set)
    for row in tx.rows(sa.select(breakers)):
        shut[row["purse"]].add(row["scope"])
    return Purses(paid, {purse: frozenset(scopes) for purse, scopes in shut.items()})
