"""Budgets: every limit of a purse holds at its figure, says which it was, and a breaker waits for a person."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_policy import an_alert, asked, circumstances, known_facts, small_policy

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.guards.asked import Held
from streams.enforcement.guards.budgets import budgets
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.policy import Budget
from streams.enforcement.policy.standing import Spent


def held_by(budget: Budget, spent: Spent, active: int | None = 10_000, plan: str = "pro") -> Held | None:
    """What a suspension's purse says; the account is on a plan."""
    now = circumstances(spent={"suspend": spent}, active_accounts=active)
    policy = small_policy(budgets={"suspend": budget})
    return budgets(asked(policy=policy, circumstances=now, facts=known_facts(plan=plan)))


LIMITS: list[tuple[Budget, Spent, str, int]] = [
    (Budget(rule_per_hour=5), Spent(by_rule_h=5), "rule:miner", HOUR_MS),
    (Budget(clause_per_hour=5), Spent(by_clause_h=5), "clause:mining", HOUR_MS),
    (Budget(per_hour=5), Spent(all_h=5), "all", HOUR_MS),
    (Budget(accounts_per_hour=5), Spent(accounts_h=5), "accounts", HOUR_MS),
    (Budget(accounts_per_day=5), Spent(accounts_d=5), "accounts", DAY_MS),
]


@pytest.mark.parametrize(("budget", "spent", "scope", "window_ms"), LIMITS)
def test_each_limit(budget: Budget, spent: Spent, scope: str, window_ms: int) -> None:
    """The fifth of five passes, the sixth waits for a person, and the limit is named with its window."""
    one_less: dict[str, Any] = {name: 4 for name, count in asdict(spent).items() if count == 5}
    assert held_by(budget, replace(spent, **one_less)) is None
    held = held_by(budget, spent)
    assert held is not None
    assert (held.reason, held.proposed) == (Reason.BUDGET, True)
    assert held.figures == {"scope": scope, "purse": "suspend", "spent": 5, "limit": 5, "window_ms": window_ms}


def test_the_narrowest_limit_is_named() -> None:
    """Where several are spent, the rule's own is told: that is where people look first."""
    held = held_by(Budget(5, 10, 20), Spent(by_rule_h=5, by_clause_h=10, all_h=20))
    assert held is not None
    assert held.figures["scope"] == "rule:miner"


@pytest.mark.parametrize(("all_h", "accounts_d", "active", "passes"), [
    (18, 900, 10_000, True),  # the nineteenth of an hour: not judged yet
    (19, 49, 10_000, True), (19, 50, 10_000, False),  # 0.5 % of 10,000
    (19, 0, 100, True), (19, 1, 100, False),  # half an account, and never less than one
    (19, 1, 399, False), (19, 1, 400, True),
    (19, 0, None, True), (19, 1, None, False),  # nobody has told how many are active: the least there is
])  # fmt: skip
def test_share_of_active_accounts(all_h: int, accounts_d: int, active: int | None, passes: bool) -> None:
    """From the twentieth action of an hour on, a day's accounts stay within the share, one at least."""
    held = held_by(Budget(share_per_day=0.005), Spent(all_h=all_h, accounts_d=accounts_d), active)
    assert (held is None) == passes
    assert held is None or held.figures["scope"] == "share"


@pytest.mark.parametrize(("all_h", "on_plan", "passes"), [(18, 18, True), (19, 9, True), (19, 10, False),
                                                          (99, 49, True), (99, 50, False)])  # fmt: skip
def test_share_of_one_plan(all_h: int, on_plan: int, passes: bool) -> None:
    """From the twentieth on, no more than half of an hour's actions fall on one plan."""
    spent = Spent(all_h=all_h, by_plan_h={"pro": on_plan, "trial": all_h - on_plan})
    held = held_by(Budget(plan_share_h=0.5), spent)
    assert (held is None) == passes
    assert held is None or held.figures["scope"] == "plan"


def test_unknown_plans_are_one_plan() -> None:
    """A burst on accounts whose plan nobody knows is a burst."""
    now = circumstances(spent={"suspend": Spent(all_h=19, by_plan_h={"": 19})})
    policy = small_policy(budgets={"suspend": Budget(plan_share_h=0.5)})
    asking = asked(policy=policy, circumstances=now, facts=known_facts(plan=None), alerts=[an_alert(plan=None)])
    assert budgets(asking) is not None


@pytest.mark.parametrize("scope", ["rule:miner", "clause:mining", "all", "accounts", "share", "plan"])
def test_an_open_breaker(scope: str) -> None:
    """A breaker holds though nothing is spent any more, whatever limits the file sets, until a person closes it."""
    held = held_by(Budget(), Spent(shut=frozenset({scope})))
    assert held is not None
    assert (held.proposed, held.figures) == (True, {"scope": scope, "purse": "suspend", "breaker": "open"})
    assert held_by(Budget(), Spent(shut=frozenset({"rule:other", "clause:other"}))) is None


@pytest.mark.parametrize("changes", [
    {"policy": small_policy(budgets={})}, {"policy": small_policy(terms={})},
    {"circumstances": circumstances(spent={})},
])  # fmt: skip
def test_an_absent_purse_pays_for_nothing(changes: dict[str, Any]) -> None:
    """Without a purse, in the file or among what is known to be spent, nothing is paid for."""
    held = budgets(asked(**changes))
    assert held is not None
    assert held.figures["scope"] == "purse"


_COUNTS = st.integers(0, 40)


@given(st.builds(Spent, _COUNTS, _COUNTS, _COUNTS, _COUNTS, _COUNTS), st.builds(Spent, _COUNTS, _COUNTS, _COUNTS))
def test_more_spent_never_passes_more(spent: Spent, more: Spent) -> None:
    """Whatever has been spent, having spent more on top never opens a purse."""
    budget = Budget(5, 10, 20, 15, 30, 0.005)
    sums = replace(spent, by_rule_h=spent.by_rule_h + more.by_rule_h, by_clause_h=spent.by_clause_h + more.by_clause_h,
                   all_h=spent.all_h + more.all_h)  # fmt: skip
    assert held_by(budget, spent) is None or held_by(budget, sums) is not None
