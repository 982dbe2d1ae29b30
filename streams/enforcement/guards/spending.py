"""What purses have paid for: counted anew from the ledger's rows, or kept as a batch goes on."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.policy.standing import Spent


@dataclass(frozen=True, slots=True)
class Paid:
    """An automatic action that a purse paid for; plan: of the account then; at_ms: when, ms since 1970."""

    account_id: str
    rule: str
    clause: str
    plan: str | None
    at_ms: int


def spent(rows: Iterable[Paid], rule: str, clause: str, now_ms: int, shut: frozenset[str] = frozenset()) -> Spent:
    """What a purse has spent, as this rule and clause see it. What is dated later than now counts as just paid."""
    day = [row for row in rows if row.at_ms > now_ms - DAY_MS]
    hour = [row for row in day if row.at_ms > now_ms - HOUR_MS]
    return Spent(
        by_rule_h=sum(row.rule == rule for row in hour), by_clause_h=sum(row.clause == clause for row in hour),
        all_h=len(hour), accounts_h=len({row.account_id for row in hour}),
        accounts_d=len({row.account_id for row in day}),
        by_plan_h=dict(Counter(row.plan or "" for row in hour)), shut=shut,
    )  # fmt: skip


class Purses:
    """What every purse has paid for, kept up to date in about a microsecond an action or a look.

    Name every purse of the policy, those that paid for nothing too: one that is not named pays for nothing more. Time
    only goes on: a look at an earlier time than the last is answered as of the last.
    """

    def __init__(self, paid: Mapping[str, Iterable[Paid]], shut: Mapping[str, Iterable[str]] | None = None) -> None:
        self._purses = {purse: _Purse() for purse in paid}
        self._told: dict[tuple[str, str], dict[str, Spent]] = {}
        for purse, rows in paid.items():
            for row in rows:
                self.pay(purse, row)
        for purse, scopes in (shut or {}).items():
            for scope in scopes:
                self.shut(purse, scope)

    def spent(self, rule: str, clause: str, now_ms: int) -> Mapping[str, Spent]:
        """What each purse has spent in the windows that end now. Do not change it."""
        for purse in self._purses.values():
            if purse.age(now_ms):
                self._told.clear()
        found = self._told.get((rule, clause))
        if found is None:
            found = {name: purse.spent(rule, clause) for name, purse in self._purses.items()}
            self._told[rule, clause] = found
        return found

    def pay(self, purse: str, paid: Paid) -> None:
        """Note that a purse has paid."""
        self._purses.setdefault(purse, _Purse()).pay(paid)
        self._told.clear()

    def shut(self, purse: str, scope: str) -> None:
        """Note that a breaker is open now: `rule:…`, `clause:…`, `all`."""
        self._purses.setdefault(purse, _Purse()).shut.add(scope)
        self._told.clear()


class _Purse:
    """One purse's running counts."""

    def __init__(self) -> None:
        self.shut: set[str] = set()
        self._hour, self._day = _Window(HOUR_MS), _Window(DAY_MS)
        self._rules: Counter[str] = Counter()
        self._clauses: Counter[str] = Counter()
        self._plans: Counter[str] = Counter()

    def pay(self, paid: Paid) -> None:
        self._hour.add(paid)
        self._day.add(paid)
        self._count(paid, 1)

    def age(self, now_ms: int) -> bool:
        """Let go of what is over; whether anything was."""
        over = self._hour.age(now_ms)
        for paid in over:
            self._count(paid, -1)
        return bool(self._day.age(now_ms)) or bool(over)

    def spent(self, rule: str, clause: str) -> Spent:
        return Spent(
            self._rules[rule], self._clauses[clause], self._hour.count, len(self._hour.accounts),
            len(self._day.accounts), dict(+self._plans), frozenset(self.shut),
        )  # fmt: skip

    def _count(self, paid: Paid, by: int) -> None:
        for counts, key in ((self._rules, paid.rule), (self._clauses, paid.clause), (self._plans, paid.plan or "")):
            counts[key] += by


class _Window:
    """The payments of the last while, and how many there are of each account."""

    def __init__(self, span_ms: int) -> None:
        self.accounts: dict[str, int] = {}
        self._span_ms = span_ms
        self._rows: list[tuple[int, int, Paid]] = []  # a heap: a row may be older than the one before
        self._added = 0

    @property
    def count(self) -> int:
        return len(self._rows)

    def add(self, paid: Paid) -> None:
        self._added += 1
        heapq.heappush(self._rows, (paid.at_ms, self._added, paid))
        self.accounts[paid.account_id] = self.accounts.get(paid.account_id, 0) + 1

    def age(self, now_ms: int) -> list[Paid]:
        """Take out, and return, what is over."""
        over = []
        while self._rows and self._rows[0][0] <= now_ms - self._span_ms:
            paid = heapq.heappop(self._rows)[2]
            over.append(paid)
            self._forget(paid.account_id)
        return over

    def _forget(self, account: str) -> None:
        left = self.accounts[account] - 1
        if left:
            self.accounts[account] = left
        else:
            del self.accounts[account]
