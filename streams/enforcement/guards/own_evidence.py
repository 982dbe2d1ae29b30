"""Whether the account's own behaviour speaks against it, whatever the policy's file asks for."""

from __future__ import annotations

from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.evidence import own_signals
from streams.enforcement.policy.rungs import SUSPEND, TERMINATE

TO_SUSPEND, TO_RESTRICT = 2, 1
"""How many distinct own signals it takes, at least."""


def own_evidence(asked: Asked) -> Held | None:
    """Hold what rests on too few kinds of own evidence: a link's or a model's word is none."""
    needed = TO_SUSPEND if asked.wanted.rung in (SUSPEND, TERMINATE) else TO_RESTRICT
    found = own_signals(asked.about, asked.alerts) if asked.about else frozenset()
    if len(found) >= needed:
        return None
    return Held(Reason.OWN_EVIDENCE, {"signals": len(found), "signals_needed": needed}, proposed=True)
