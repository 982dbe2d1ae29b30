"""Clauses of the acceptable use policy: what each forbids, what it rests on, who looks at it, and what watches it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from detectors.alert import SEVERITIES
from detectors.anomaly.model import Declared
from detectors.rules import Rule
from features.catalog import Problem, Refused
from features.declared import listed, missing_keys, unknown_keys
from features.sql import nearest

COVERAGES = ("rule", "verdict", "reports_only")
"""How a clause is watched, the strongest first: behaviour, upstream verdicts on content, people's reports alone."""

PATHS = ("ordinary", "care", "child_safety", "ours")
"""What follows: the ladder; care for a person at risk, never strikes; the path of its own for child safety; people look
at our own side, since what is wrong is ours."""

_KEYS = ("id", "title", "text", "severity", "role", "coverage", "detectors", "basis", "path", "cannot_see", "example")
_NEEDED = ("id", "title", "text", "severity", "role", "coverage", "detectors", "cannot_see")
_BASIS = ("document", "version", "section")


@dataclass(frozen=True)
class Clause:
    """One clause: `text` in our own words; without a `basis` it goes no further than a page.

    detectors: the rules that watch it, templates by their own id; cannot_see: what escapes all of them;
    example: from an operator's own terms, shipped to be replaced.
    """

    id: str
    title: str
    text: str
    severity: str
    role: str
    coverage: str
    detectors: tuple[str, ...]
    cannot_see: tuple[str, ...]
    basis: Mapping[str, str] = field(default_factory=dict)
    path: str = "ordinary"
    example: bool = False

    @property
    def restricted(self) -> bool:
        """Whether its alerts show in no ordinary list."""
        return self.path == "child_safety"

    @property
    def page_only(self) -> bool:
        """Whether nothing but a page may follow: it rests on no document."""
        return not self.basis


def build_clauses(declared: Sequence[Any]) -> dict[str, Clause]:
    """Check clauses. Raises Refused; each problem's path begins with the clause's number."""
    problems: list[Problem] = []
    found: dict[str, Clause] = {}
    for index, one in enumerate(declared):
        wrong = list(_problems(one, found))
        problems += [replace(problem, path=(index, *problem.path)) for problem in wrong]
        if not wrong:
            found[one["id"]] = _clause(one)
    if problems:
        raise Refused(problems)
    return found


def _clause(one: Mapping[str, Any]) -> Clause:
    return Clause(
        id=one["id"], title=one["title"], text=" ".join(one["text"].split()), severity=one["severity"],
        role=one["role"], coverage=one["coverage"], detectors=tuple(listed(one["detectors"])),
        cannot_see=tuple(" ".join(str(text).split()) for text in listed(one["cannot_see"])),
        basis={key: str(value) for key, value in (one.get("basis") or {}).items()},
        path=one.get("path", "ordinary"), example=bool(one.get("example")),
    )  # fmt: skip


def _problems(one: Any, known: Mapping[str, Clause]) -> Iterator[Problem]:
    if not isinstance(one, Mapping):
        yield Problem((), "a clause is a mapping of keys", f"its keys are {', '.join(_KEYS)}")
        return
    wrong = unknown_keys(one, _KEYS) + missing_keys(key for key in _NEEDED if one.get(key) in (None, "", []))
    yield from wrong
    if wrong:
        return
    if one["id"] in known:
        yield Problem(("id",), f"two clauses are called {one['id']}", "rename one")
    for key, options in (("severity", SEVERITIES), ("coverage", COVERAGES), ("path", PATHS)):
        if one.get(key, options[0]) not in options:
            hint = nearest(str(one[key]), list(options)) or f"one of {', '.join(options)}"
            yield Problem((key,), f"unknown {key} {one[key]}", hint)
    yield from _basis_problems(one.get("basis"))


def _basis_problems(basis: Any) -> Iterator[Problem]:
    if basis is None:
        return
    if not isinstance(basis, Mapping):
        yield Problem(("basis",), "a basis names a document", f"its keys are {', '.join(_BASIS)}")
        return
    yield from unknown_keys(basis, _BASIS, "basis")
    yield from missing_keys((key for key in _BASIS if not basis.get(key)), "basis")


def watched_by(clause: str, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules that testify under a clause."""
    return tuple(rule for rule in rules if rule.clause == clause)


def coverage(rules: Iterable[Rule]) -> str | None:
    """How these rules watch their clause; None where there is none of them."""
    found = {_coverage(rule) for rule in rules}
    return next((one for one in COVERAGES if one in found), None)


def _coverage(rule: Rule) -> str:
    signals = set(rule.signals)
    if signals == {"report"}:
        return "reports_only"
    return "verdict" if signals <= {"content", "report"} else "rule"


def unfulfilled(clauses: Sequence[Clause], rules: Sequence[Rule], models: Sequence[Declared] = ()) -> Iterator[Problem]:
    """Warnings: clauses that are watched otherwise than they say; each path begins with the clause's number."""
    for index, clause in enumerate(clauses):
        own = watched_by(clause.id, rules)
        unusual = [model.id for model in models if model.clause == clause.id]  # models look at behaviour
        told = "rule" if unusual else coverage(own)
        if told != clause.coverage:
            by = ", ".join([*(rule.id for rule in own), *unusual]) or "no rule"
            yield Problem((index, "coverage"), f"says {clause.coverage}, but it is watched by {by}",
                          f"say {told}" if told else "name a detector that watches it", warning=True)  # fmt: skip
