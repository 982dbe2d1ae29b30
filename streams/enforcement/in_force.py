"""The policy that decisions follow, and the pack it is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.clauses import Clause
from streams.enforcement.policy.policy import Policy
from streams.pack import Pack


@dataclass(frozen=True)
class InForce:
    """A policy with its clauses. rules, models: the version of each; packs: hashes of packs that alerts may name."""

    policy: Policy
    clauses: Mapping[str, Clause]
    rules: Mapping[str, str]
    pack: str
    packs: frozenset[str] = field(default=frozenset())
    models: Mapping[str, str] = field(default_factory=dict)

    def knows(self, pack: str) -> bool:
        """Whether alerts of a pack may be acted upon."""
        return pack == self.pack or pack in self.packs


def in_force_of(pack: Pack, packs: frozenset[str] = frozenset()) -> InForce:
    """A pack's policy; packs: hashes of further packs that alerts may name."""
    rules = {rule.id: rule.version for rule in pack.rules}
    models = {model.id: model.version for model in pack.models}
    return InForce(pack.policy, pack.clauses, rules, pack.hash, packs, models)
