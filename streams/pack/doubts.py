"""What a pack is warned of: it can be taken up, and is perhaps not what was meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from detectors.anomaly.model import Declared
from detectors.clauses import Clause, unfulfilled
from detectors.labels import Labels
from detectors.rules import Rule
from features.catalog import Problem
from features.declared import listed
from streams.enforcement.policy.policy import Policy
from streams.located import Flaw
from streams.pack.files import Entry, PackFiles


def unused(features: Sequence[Entry], used: Collection[tuple[str, str]]) -> Iterator[Flaw]:
    """A warning for every feature that nobody reads; used: entity kinds and names of those that somebody does."""
    for entry in features:
        name = entry.value["name"]
        idle = [kind for kind in listed(entry.value["entity"]) if (kind, name) not in used]
        if idle:
            problem = Problem((), f"no rule uses the feature {name} of {', '.join(idle)}",
                              "it costs memory for every entity", warning=True)  # fmt: skip
            yield entry.flaw(problem, ("name",))


def otherwise_watched(entries: Sequence[Entry], clauses: Mapping[str, Clause], rules: Sequence[Rule],
                      models: Sequence[Declared]) -> Iterator[Flaw]:  # fmt: skip
    """A warning for every clause that is watched otherwise than it says."""
    for problem in unfulfilled(list(clauses.values()), rules, models):
        first, *rest = problem.path
        yield entries[int(first)].flaw(problem, tuple(rest))


def unlabelled(entries: Sequence[Entry], clauses: Mapping[str, Clause], mapped: Labels) -> Iterator[Flaw]:
    """A warning for every clause that is to be seen through verdicts and that no label is mapped onto."""
    for entry, clause in zip(entries, clauses.values(), strict=True):
        if clause.coverage == "verdict" and not mapped.of_clause(clause.id):
            problem = Problem((), "no label is mapped onto this clause", "add one to labels.yaml", warning=True)
            yield entry.flaw(problem, ("coverage",))


def unruled(files: PackFiles, policy: Policy) -> Iterator[Flaw]:
    """A warning for every clause of which a policy that there is says nothing."""
    for entry in files.clauses if files.policy.documents else ():
        if entry.key("id") not in policy.clauses:
            problem = Problem((), f"the policy says nothing of {entry.key('id')}: people alone act on it",
                              "name it under clauses: in policy.yaml", warning=True)  # fmt: skip
            yield entry.flaw(problem, ("id",))
