"""The policy that decisions follow, and the pack it is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.clauses import Clause
from streams.enforcement.policy.policy import Policy
from streams.pack import Pack


@dataclass(frozen=True)
class InForce:
    """A policy with its clauses. rules: each rule's version; packs: hashes of packs that alerts may name."""

    policy: Policy
    clauses: Mapping[str, Clause]
    rules: Mapping[str, str]
    pack: str
    packs: frozenset[str] = field(default=frozenset())

    def knows(self, pack: str) -> bool:
        """Whether alerts of a pack may be acted upon."""
        return pack == self.pack or pack in self.packs


def in_force_of(pack: Pack, packs: frozenset[str] = frozenset()) -> InForce:
    """A pack's policy; packs: hashes of further packs that alerts may name."""
    versions = {rule.id: rule.version for rule in pack.rules}
    return InForce(pack.policy, pack.clauses, versions, pack.hash, packs)
