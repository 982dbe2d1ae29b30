"""How far a rule has come: in shadow it acts on nobody, as a canary on a few accounts, live on all."""

from __future__ import annotations

import hashlib

from streams.enforcement.guards.asked import Asked, Figures, Held
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.policy import STAGES, Policy
from streams.enforcement.policy.standing import Stage

FIRST_SHARE = 0.01
"""The share of accounts (0–1) of a canary whose rule is live in the ledger and whom the policy caps."""


def stage(asked: Asked) -> Held | None:
    """Hold where the rule's stage does not reach this account."""
    held, cap = asked.circumstances.stage, asked.policy.stage_cap(asked.wanted.rule)
    now = in_force(held, cap)
    if now.name == "live":
        return None
    told: Figures = {"stage": now.name, "cap": cap, "share": now.share}
    if now.name == "canary":
        at = position(asked.policy, asked.wanted.rule, asked.wanted.account_id)
        if at < now.share:
            return None
        told = {**told, "position": round(at, 6)}
    return Held(Reason.STAGE, told)


def in_force(ledger: Stage, cap: str) -> Stage:
    """The lower of the ledger's stage and the policy's cap; a name that is none counts as shadow."""
    name = min(ledger.name, cap, key=_rank)
    if _rank(name) == 0:
        return Stage()
    share = ledger.share if ledger.name == "canary" else FIRST_SHARE
    return Stage(name, 1.0 if name == "live" else share)


def position(policy: Policy, rule: str, account: str) -> float:
    """Where an account stands among a rule's canaries, 0 to below 1: those of a small share are in every larger one."""
    digest = hashlib.sha256("\x1f".join((policy.canary_salt, rule, account)).encode("utf-8", "backslashreplace"))
    return (int.from_bytes(digest.digest()[:8]) >> 11) / 2**53  # as many bits as a float holds exactly


def _rank(name: str) -> int:
    return STAGES.index(name) if name in STAGES else 0
