"""What the operator knows of the account, and what nobody knows: unknown is protected, never bad standing."""

from __future__ import annotations

from collections.abc import Iterator

from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import Protections
from streams.enforcement.policy.rungs import STOP_WORKLOAD, SUSPEND, TERMINATE

PROTECTING = ("created_ms", "spend_usd_90d", "contract", "dependants")
"""The facts that can protect an account."""


def allow_listed(asked: Asked) -> Held | None:
    """Hold everything on an account that is allow-listed or that a person protects: it is paged about, no more."""
    facts, protected = asked.facts, asked.standing.protected_until_ms
    if facts is not None and facts.allow_listed_until_ms is not None and facts.allow_listed(asked.now_ms):
        return Held(Reason.ALLOW_LISTED, {"allow_listed_until_ms": facts.allow_listed_until_ms})
    if protected is not None and asked.now_ms < protected:
        return Held(Reason.PROTECTED, {"protected_until_ms": protected})
    return None


def protected(asked: Asked) -> Held | None:
    """Hold what hits the whole account where one fact is enough for a person to come first."""
    if not asked.account_wide or asked.facts is None:
        return None
    found = dict(_protecting(asked.facts, asked.policy.protections, asked.now_ms))
    return Held(Reason.PROTECTED, found, proposed=True) if found else None


def facts_unknown(asked: Asked) -> Held | None:
    """Hold where facts that could protect are not known; of narrower rungs the policy lets some go ahead, by plan."""
    unknown = [name for name in PROTECTING if getattr(asked.facts, name, None) is None]
    if not unknown:
        return None
    if not asked.account_wide:
        nothing_known = len(unknown) == len(PROTECTING)
        if not nothing_known or asked.wanted.rung in asked.policy.without_facts(asked.plan):
            return None
    told = {"unknown": ", ".join(unknown), "plan": asked.plan or "unknown"}
    return Held(Reason.FACTS_UNKNOWN, told, proposed=True)


def stateful(asked: Asked) -> Held | None:
    """Hold what would stop a workload that holds data: itself, or with all of its account."""
    holding = asked.facts.stateful_workloads if asked.facts else frozenset()
    if asked.wanted.rung == STOP_WORKLOAD:
        holding &= {asked.wanted.entity_id}
    elif asked.wanted.rung not in (SUSPEND, TERMINATE):
        return None
    return Held(Reason.STATEFUL, {"stateful_workloads": len(holding)}, proposed=True) if holding else None


def _protecting(facts: Facts, limits: Protections, now_ms: int) -> Iterator[tuple[str, int | float | str]]:
    if facts.created_ms is not None and now_ms - facts.created_ms >= limits.older_than_ms:
        yield "account_age_ms", now_ms - facts.created_ms
    if facts.spend_usd_90d is not None and facts.spend_usd_90d >= limits.spend_usd_90d:
        yield "spend_usd_90d", facts.spend_usd_90d
    if facts.contract:
        yield "contract", "yes"
    if facts.dependants is not None and facts.dependants >= limits.dependants:
        yield "dependants", facts.dependants
