"""`policy.yaml` of a pack: one's own laid over the shipped one, with the place of everything in either."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from detectors.clauses import Clause
from features.catalog import Problem, Refused
from streams.enforcement.policy.declared import build_policy, strictest
from streams.enforcement.policy.declared_clauses import PAGE
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.strictest import laid_over
from streams.located import Document, Flaw, PackRefused


@dataclass(frozen=True)
class PolicyFile:
    """The layers of a policy, the lowest first; shipped: whether that is the shipped pack's."""

    documents: tuple[Document, ...] = ()
    shipped: bool = True

    @classmethod
    def read(cls, paths: Sequence[tuple[Path, str]]) -> PolicyFile:
        """Those of the files that are there, the shipped one first, each with its shown name. Raises PackRefused."""
        documents = tuple(Document(path, shown) for path, shown in paths if path.exists())
        for document in documents:
            if not isinstance(document.value or {}, Mapping):
                problem = Problem((), "a policy must be a mapping of keys", "for example stages: {my-rule: canary}")
                raise PackRefused([document.flaw(problem, (), "")])
        return cls(documents, paths[0][0].exists())

    @property
    def declared(self) -> dict[str, Any]:
        """What all layers say together."""
        whole: dict[str, Any] = reduce(laid_over, (document.value or {} for document in self.documents), {})
        return whole

    @property
    def shipped_alone(self) -> dict[str, Any]:
        """What the lowest layer says of clauses of which no other layer speaks."""
        said = [_mapping((document.value or {}).get("clauses")) for document in self.documents]
        lowest = said[0] if self.shipped and said else {}
        return {name: one for name, one in lowest.items() if not any(name in other for other in said[1:])}

    def flaw(self, problem: Problem) -> Flaw:
        """A problem in the layer that is to blame: the highest of those that say the most of its path."""
        told = max(reversed(self.documents), key=lambda document: _known(document.value, problem.path))
        entry = problem.path[1] if len(problem.path) > 2 else ""
        return told.flaw(problem, problem.path, str(entry))


def ruled_by(file: PolicyFile, clauses: Mapping[str, Clause], own: Container[str], rules: Iterable[str],
             flaws: list[Flaw]) -> Policy:  # fmt: skip
    """The policy of a pack, the strictest where it has none; what is wrong with it is added to the flaws.

    own: clauses that were laid over the shipped ones.
    """
    declared = file.declared
    theirs = [name for name, one in file.shipped_alone.items()
              if name in own and name in clauses and _outgrown(clauses[name], one)]  # fmt: skip
    kept = {name: one for name, one in _mapping(declared.get("clauses")).items() if name not in theirs}
    try:
        return build_policy({**declared, "clauses": kept} if theirs else declared, clauses, rules)
    except Refused as refused:
        flaws += [file.flaw(problem) for problem in refused.problems]
        return strictest()


# Who replaces a clause of ours by one that rests on no document, or leads to care, did not ask for what our policy says
# of the clause it was: that falls away, with a warning, rather than the pack.
def _outgrown(clause: Clause, policy: Any) -> bool:
    said = _mapping(policy)
    return (clause.page_only and said.get("ceiling") != PAGE) or (clause.path != "ordinary" and "ladder" in said)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _known(value: Any, path: Iterable[str | int]) -> int:
    """How many steps of a path there are in a value."""
    steps = 0
    for step in path:
        below = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            below = value[step]
        if below is None:
            return steps
        value, steps = below, steps + 1
    return steps
