"""What the operator knows of an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """An account's facts; None where not known. Times in ms since 1970.

    spend_usd_90d: USD of the last 90 days; dependants: how many others stop when it stops;
    stateful_workloads: ids of workloads that hold data (databases); as_of_ms: when these facts were true.
    """

    account_id: str
    as_of_ms: int
    plan: str | None = None
    owner_contact: str | None = None
    created_ms: int | None = None
    spend_usd_90d: float | None = None
    contract: bool | None = None
    dependants: int | None = None
    allow_listed_until_ms: int | None = None
    stateful_workloads: frozenset[str] = frozenset()

    def allow_listed(self, now_ms: int) -> bool:
        """Whether nothing but a page may come upon it now."""
        return self.allow_listed_until_ms is not None and now_ms < self.allow_listed_until_ms
