"""How many automatic actions a purse pays for: a misfiring rule runs out of money before it runs out of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.guards.asked import Asked, Figures, Held
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.policy import Budget
from streams.enforcement.policy.standing import Spent


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a purse: what it is about, how much of it is spent, and the most. window_ms: that both are of."""

    scope: str
    spent: int
    most: int
    window_ms: int = HOUR_MS


def budgets(asked: Asked) -> Held | None:
    """Hold what its purse cannot pay for any more; a purse that is not there pays for nothing."""
    purse = asked.terms.purse if asked.terms else ""
    budget, spent = asked.policy.budgets.get(purse), asked.circumstances.spent.get(purse)
    if budget is None or spent is None:
        return Held(Reason.BUDGET, {"scope": "purse", "purse": purse or "none"}, proposed=True)
    shut = next((scope for scope in scopes(asked.wanted) if scope in spent.shut), None)
    if shut:
        return Held(Reason.BUDGET, {"scope": shut, "purse": purse, "breaker": "open"}, proposed=True)
    for limit in limits(budget, spent, asked.wanted, asked.plan, asked.circumstances.active_accounts):
        if limit.spent >= limit.most:
            told: Figures = {"scope": limit.scope, "purse": purse, "spent": limit.spent, "limit": limit.most,
                             "window_ms": limit.window_ms}  # fmt: skip
            return Held(Reason.BUDGET, told, proposed=True)
    return None


def scopes(wanted: Decision) -> tuple[str, ...]:
    """What may run out for an action, the narrowest first; a breaker on any holds it until a person closes it."""
    return (f"rule:{wanted.rule}", f"clause:{wanted.clause}", "all", "accounts", "share", "plan")


def limits(budget: Budget, spent: Spent, wanted: Decision, plan: str | None, active: int | None) -> Iterator[Limit]:
    """The limits that one more action must keep, the narrowest first. active: accounts of the last day."""
    if budget.rule_per_hour is not None:
        yield Limit(f"rule:{wanted.rule}", spent.by_rule_h, budget.rule_per_hour)
    if budget.clause_per_hour is not None:
        yield Limit(f"clause:{wanted.clause}", spent.by_clause_h, budget.clause_per_hour)
    if budget.per_hour is not None:
        yield Limit("all", spent.all_h, budget.per_hour)
    if budget.accounts_per_hour is not None:
        yield Limit("accounts", spent.accounts_h, budget.accounts_per_hour)
    if budget.accounts_per_day is not None:
        yield Limit("accounts", spent.accounts_d, budget.accounts_per_day, DAY_MS)
    if spent.all_h + 1 >= budget.share_from_h:  # the action itself counts
        yield from _shares(budget, spent, plan, active)


def _shares(budget: Budget, spent: Spent, plan: str | None, active: int | None) -> Iterator[Limit]:
    if budget.share_per_day is not None:
        # Where nobody has told how many accounts are active, the least that the share can be holds: one.
        yield Limit("share", spent.accounts_d, max(1, int(budget.share_per_day * (active or 0))), DAY_MS)
    if budget.plan_share_h is not None:
        # Actions on accounts of no known plan are one plan: a burst of them is a burst.
        most = int(budget.plan_share_h * (spent.all_h + 1))
        yield Limit("plan", spent.by_plan_h.get(plan or "", 0), most)
