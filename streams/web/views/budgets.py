"""Budgets and open breakers, of what the ledger's status tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.quantities import span


def budget_entries(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each limit of each purse: what is spent and left of it within its window."""
    return [
        {"purse": one["purse"], "scope": one["scope"], "spent": one["spent"], "limit": one["limit"],
         "left": max(0, one["limit"] - one["spent"]), "within": span(one["window_s"] * 1_000),
         "unit": "accounts" if one["scope"] in ("accounts", "share") else "actions",
         "out": one["spent"] >= one["limit"]}
        for one in found["budgets"]
    ]  # fmt: skip


def breaker_entries(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each budget that ran out and waits for a person."""
    return [
        {"purse": one["purse"], "scope": one["scope"], "holding": one["holding_back_actions"],
         "opened": one["opened"], "age": span(one["age_s"] * 1_000)}
        for one in found["open_breakers"]
    ]  # fmt: skip
