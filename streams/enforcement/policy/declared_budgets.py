"""Budgets as declared: how many automatic actions each purse pays for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.catalog import Problem
from features.declared import unknown_keys
from streams.enforcement.policy.amounts import Path, mapping_problems, share_problems, whole_problems
from streams.enforcement.policy.policy import Budget

_WHOLE = ("rule_per_hour", "clause_per_hour", "per_hour", "accounts_per_hour", "accounts_per_day", "share_from_h")
_SHARES = ("share_per_day", "plan_share_h")
_LIMITS = (*(key for key in _WHOLE if key != "share_from_h"), *_SHARES)


def budget_problems(declared: Any) -> list[Problem]:
    """What is wrong under `budgets:`."""
    wrong = mapping_problems(declared, ("budgets",), "suspend: {rule_per_hour: 5, …}")
    if wrong:
        return wrong
    return [problem for purse, one in declared.items() for problem in _one(one, ("budgets", purse))]


def built_budgets(declared: Mapping[str, Any]) -> dict[str, Budget]:
    """Budgets by purse, of what was checked."""
    return {purse: Budget(**{key: value for key, value in one.items() if value is not None})
            for purse, one in declared.items()}  # fmt: skip


def _one(one: Any, path: Path) -> list[Problem]:
    wrong = mapping_problems(one, path, f"its keys are {', '.join((*_WHOLE, *_SHARES))}")
    if wrong:
        return wrong
    found = unknown_keys(one, (*_WHOLE, *_SHARES), *path)
    given = {key: value for key, value in one.items() if value is not None}  # an empty value takes a limit away
    for key in _WHOLE:
        found += whole_problems(given[key], (*path, key)) if key in given else []
    for key in _SHARES:
        found += share_problems(given[key], (*path, key)) if key in given else []
    if not found and not any(key in given for key in _LIMITS):
        found.append(Problem(path, f"the purse {path[-1]} has no limit at all", "give it at least rule_per_hour: …"))
    return found
