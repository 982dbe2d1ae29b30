"""Budgets: what they hold, what is left of them, and which ran out."""

from __future__ import annotations

from collections.abc import Sequence

from streams.enforcement.ledger.budget_use import budget_use, open_breakers
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.policy import Budget, Policy
from streams.enforcement.telemetry.standing import Standing


class PurseFigures:
    """Shows them, and of purses that another pack's policy no longer has, that nothing is left of them to watch."""

    def __init__(self, shown: Standing) -> None:
        self._shown, self._purses = shown, set[str]()

    def show(self, tx: Transaction, policy: Policy, around: Surroundings) -> None:
        """As of the transaction's time."""
        used, open_ones = budget_use(tx, policy, around), open_breakers(tx)
        for purse, budget in policy.budgets.items():
            held = [row["held"] for row in open_ones if row["purse"] == purse]
            size, left = _tightest([(use.spent, use.most) for use in used if use.purse == purse], budget)
            self._shown.breakers.labels(purse).set(len(held))
            self._shown.held_back.labels(purse).set(sum(held))
            self._shown.budget_size.labels(purse).set(size)
            self._shown.budget_left.labels(purse).set(0 if held else left)
        self._forget(self._purses - set(policy.budgets))
        self._purses = set(policy.budgets)

    def _forget(self, gone: set[str]) -> None:
        for purse in gone:
            for gauge in (self._shown.breakers, self._shown.held_back, self._shown.budget_size,
                          self._shown.budget_left):  # fmt: skip
                gauge.remove(purse)


def _tightest(used: Sequence[tuple[int, int]], budget: Budget) -> tuple[float, float]:
    """The size, and what is left, of the limit that has least left; where there is none yet, without end.

    used: spent and most, as far as anything was spent; a rule or clause that spent nothing has all of its own left.
    """
    unspent = [(0, most) for most in (budget.rule_per_hour, budget.clause_per_hour) if most is not None]
    if not used and not unspent:
        return float("inf"), float("inf")
    spent, most = min((*used, *unspent), key=lambda one: (one[1] - one[0], -one[1]))
    return most, max(most - spent, 0)
