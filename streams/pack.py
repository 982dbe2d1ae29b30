"""The pack's only reader: features, clauses and rules from a folder, laid over the shipped one, checked and hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from detectors.alert import SEVERITIES
from detectors.rules import Rule, build_rules
from features.catalog import Catalog, Problem, Refused
from features.declared import build
from features.sql import nearest
from streams.located import Document, Flaw, PackRefused

SHIPPED = Path(__file__).resolve().parent.parent / "detectors" / "pack"
"""The pack that comes with tipstaff."""

_T = TypeVar("_T")
_CLAUSE_KEYS = ("id", "title", "text", "basis", "severity", "role", "example")


@dataclass(frozen=True)
class Clause:
    """One clause of the acceptable use policy."""

    id: str
    title: str
    text: str
    severity: str
    role: str
    basis: Mapping[str, str] = field(default_factory=dict)
    example: bool = False


@dataclass(frozen=True)
class Pack:
    """The versioned set of features, rules and clauses in force, named by its content hash."""

    catalog: Catalog
    rules: tuple[Rule, ...]
    clauses: Mapping[str, Clause]
    hash: str
    warnings: tuple[Flaw, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The event columns that some feature or rule reads."""
        names = set(self.catalog.columns)
        for rule in self.rules:
            names |= set(rule.names) if rule.on == "event" else set()
        return tuple(sorted(names))


@dataclass(frozen=True)
class Entry:
    """One declaration and where it stands."""

    value: Any
    document: Document
    path: tuple[str | int, ...]

    def flaw(self, problem: Problem, path: tuple[str | int, ...]) -> Flaw:
        """A problem below this entry."""
        named = self.value if isinstance(self.value, Mapping) else {}
        return self.document.flaw(problem, (*self.path, *path), str(named.get("id") or named.get("name") or ""))


def read_pack(overlay: Path | None = None) -> Pack:
    """The shipped pack, with a folder of one's own laid over it. Raises PackRefused with every flaw."""
    folders = [SHIPPED, *([overlay] if overlay else [])]
    if overlay and not overlay.is_dir():
        raise PackRefused([Flaw(str(overlay), 1, "there is no such folder", "make one with: tipstaff pack init")])
    features = _laid_over([_listed(folder, "features") for folder in folders], "name")
    clauses = _laid_over([_listed(folder, "clauses") for folder in folders], "id")
    rules = _laid_over([_rule_files(folder) for folder in folders], "id")
    dropped = _dropped(overlay, rules) if overlay else set()
    rules = [entry for entry in rules if str(entry.value.get("id")) not in dropped]
    return _checked(features, clauses, rules)


def _checked(features: list[Entry], clauses: list[Entry], rules: list[Entry]) -> Pack:
    flaws: list[Flaw] = []
    known = _clauses(clauses, flaws)
    catalog = _built(features, lambda: build([e.value for e in features]), flaws, Catalog((), {}))
    if flaws:
        raise PackRefused(flaws)
    no_rules: tuple[Rule, ...] = ()
    built = _built(rules, lambda: build_rules([e.value for e in rules], catalog, known), flaws, no_rules)
    if flaws:
        raise PackRefused(flaws)
    content = [[e.value for e in entries] for entries in (features, clauses, rules)]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]
    return Pack(catalog, built, known, digest, tuple(_unused(features, built)))


def _built(entries: list[Entry], make: Callable[[], _T], flaws: list[Flaw], otherwise: _T) -> _T:
    try:
        return make()
    except Refused as refused:
        flaws += [_located(entries, problem) for problem in refused.problems]
        return otherwise


def _located(entries: list[Entry], problem: Problem) -> Flaw:
    first, *rest = problem.path
    if isinstance(first, str):
        # Of several that share a name the last one is to blame.
        first = [i for i, e in enumerate(entries) if isinstance(e.value, Mapping) and e.value.get("name") == first][-1]
    return entries[first].flaw(problem, tuple(rest))


def _listed(folder: Path, name: str) -> list[Entry]:
    path = folder / f"{name}.yaml"
    if not path.exists():
        return []
    document = Document(path, _shown(path))
    value = document.value or {}
    entries = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(entries, list):
        raise PackRefused([document.flaw(Problem((), f"needs a list under {name}:", f"{name}:\n      - …"), (), "")])
    return [Entry(one, document, (name, index)) for index, one in enumerate(entries)]


def _rule_files(folder: Path) -> list[Entry]:
    entries = []
    for path in sorted((folder / "rules").glob("*.yaml")):
        document = Document(path, _shown(path))
        if not isinstance(document.value, Mapping):
            raise PackRefused([document.flaw(Problem((), "a rule is a mapping of keys", "begin with id: …"), (), "")])
        entries.append(Entry(document.value, document, ()))
    return entries


def _shown(path: Path) -> str:
    inside = path.is_relative_to(SHIPPED)
    return f"shipped pack: {path.relative_to(SHIPPED)}" if inside else str(path)


def _laid_over(layers: Iterable[list[Entry]], key: str) -> list[Entry]:
    """Later layers' entries replace earlier ones' of the same name; within a layer, doubles stay, to be refused."""
    found: list[Entry] = []
    for layer in layers:
        names = {str(e.value.get(key)) for e in layer if isinstance(e.value, Mapping)}
        found = [e for e in found if str(e.value.get(key)) not in names] + layer
    return found


def _dropped(overlay: Path, rules: list[Entry]) -> set[str]:
    path = overlay / "pack.yaml"
    if not path.exists():
        return set()
    document = Document(path, str(path))
    value = document.value or {}
    names = (value.get("without") or []) if isinstance(value, Mapping) and set(value) <= {"without"} else None
    if not isinstance(names, list):
        raise PackRefused([document.flaw(Problem((), "holds a list under without: and nothing else",
                                                 "for example without: [mining-pool-contact]"), (), "")])  # fmt: skip
    known = [str(e.value.get("id")) for e in rules]
    flaws = [document.flaw(Problem((), f"unknown rule {name}", nearest(str(name), known)), ("without", i), "")
             for i, name in enumerate(names) if name not in known]  # fmt: skip
    if flaws:
        raise PackRefused(flaws)
    return set(map(str, names))


def _clauses(entries: list[Entry], flaws: list[Flaw]) -> dict[str, Clause]:
    found: dict[str, Clause] = {}
    for entry in entries:
        problems = _clause_problems(entry.value, found)
        flaws += [entry.flaw(problem, problem.path) for problem in problems]
        if not problems:
            one = entry.value
            found[one["id"]] = Clause(one["id"], one["title"], one["text"], one["severity"], one["role"],
                                      one.get("basis") or {}, bool(one.get("example")))  # fmt: skip
    return found


def _clause_problems(one: Any, known: Mapping[str, Clause]) -> list[Problem]:
    if not isinstance(one, Mapping):
        return [Problem((), "a clause is a mapping of keys", f"its keys are {', '.join(_CLAUSE_KEYS)}")]
    unknown = [Problem((key,), f"unknown key {key}", nearest(str(key), list(_CLAUSE_KEYS)))
               for key in one if key not in _CLAUSE_KEYS]  # fmt: skip
    missing = [Problem((), f"{key} is missing", f"add {key}: …") for key in _CLAUSE_KEYS[:-1] if not one.get(key)]
    if unknown or missing:
        return unknown + missing
    twice = [Problem(("id",), f"two clauses are called {one['id']}", "rename one")] if one["id"] in known else []
    severe = one["severity"] in SEVERITIES
    return twice + ([] if severe else [Problem(("severity",), f"unknown severity {one['severity']}",
                                               nearest(str(one["severity"]), list(SEVERITIES)))])  # fmt: skip


def _unused(features: list[Entry], rules: tuple[Rule, ...]) -> Iterable[Flaw]:
    """A warning for every feature that no rule reads, directly or through another."""
    used = {name for rule in rules for f in rule.features for name in (f.name, f.of, f.over)}
    for entry in features:
        if entry.value["name"] not in used:
            problem = Problem((), "no rule uses this feature", "it costs memory for every entity", warning=True)
            yield entry.flaw(problem, ("name",))
