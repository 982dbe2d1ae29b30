"""Which rules a policy may suspend on at all: where none of them speaks, nobody is suspended, whoever judges."""

from __future__ import annotations

from detectors.alert import SEVERITIES
from streams.enforcement.policy.rungs import ACCOUNT, HEIGHT, SUSPEND
from streams.pack import Pack


def may_suspend(pack: Pack) -> frozenset[str]:
    """Ids of rules about accounts that are grave enough for a ladder's suspension, whatever else that takes."""
    return frozenset(
        rule.id for rule in pack.rules if rule.entity == ACCOUNT and _reaches(pack, rule.clause, rule.severity)
    )


def _reaches(pack: Pack, clause: str, severity: str) -> bool:
    policy = pack.policy.clauses.get(clause)
    if policy is None or HEIGHT.get(policy.ceiling, 0) < HEIGHT[SUSPEND]:
        return False
    return any(step.rung == SUSPEND and SEVERITIES.index(step.severity) <= SEVERITIES.index(severity)
               for step in policy.ladders.get(ACCOUNT, ()))  # fmt: skip
