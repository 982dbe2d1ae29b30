"""What the ledger knows of one account at one moment: what decisions and guards look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.enforcement.policy.action import Action


@dataclass(frozen=True)
class Strike:
    """A breach that counts; given when its notice or action was delivered."""

    clause: str
    given_ms: int


@dataclass(frozen=True)
class Mute:
    """After a reinstatement: this rule does no more than page about this account until then."""

    rule: str
    until_ms: int


@dataclass(frozen=True)
class Warned:
    """A notice that the owner got: about which clause, which of the customer's own users, and what time was given."""

    clause: str
    delivered_ms: int
    deadline_ms: int
    end_users: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Standing:
    """One account's: actions newest first (those under way and those of the last 90 days), strikes that are not
    reversed, mutes, delivered notices, and whether a legal hold is on it.

    protected_until_ms: a person protects it until then. acted_elsewhere: suspended by others than us.
    """

    account_id: str
    actions: tuple[Action, ...] = ()
    strikes: tuple[Strike, ...] = ()
    mutes: tuple[Mute, ...] = ()
    warned: tuple[Warned, ...] = ()
    held: bool = False
    protected_until_ms: int | None = None
    suspended_elsewhere: bool = False


@dataclass(frozen=True)
class Switch:
    """The enforcement switch as it was last read. Scopes such as `rung:suspend`, `rule:…` or `clause:…` can be off
    alone. known: it was there, readable and read within the last 60 s; anything else is off.
    """

    on: bool
    known: bool
    off: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stage:
    """A rule version's stage in the ledger. share: of accounts (0–1), by a stable hash, where it is a canary."""

    name: str = "shadow"
    share: float = 0.0


@dataclass(frozen=True)
class Spent:
    """How many automatic actions a purse has paid for already. Windows end now.

    by_rule_h, by_clause_h, all_h: in the last hour, of this rule, of this clause, of all; accounts_h, accounts_d:
    different accounts in the last hour and day; by_plan_h: of the last hour's, by plan;
    shut: scopes (`rule:…`, `clause:…`, `all`) whose breaker is open until a person closes it.
    """

    by_rule_h: int = 0
    by_clause_h: int = 0
    all_h: int = 0
    accounts_h: int = 0
    accounts_d: int = 0
    by_plan_h: Mapping[str, int] = field(default_factory=dict)
    shut: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Circumstances:
    """What guards look at besides the account: all of it as of the transaction's time.

    lag_ms: of the slowest partition, None where nobody has told; active_accounts: of the last day, None where
    nobody has told; spent: of each purse.
    """

    switch: Switch
    lag_ms: int | None
    stage: Stage
    spent: Mapping[str, Spent]
    active_accounts: int | None = None
