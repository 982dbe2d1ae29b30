"""One declaration for many clauses: `for_each: clause`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detectors.clauses import COVERAGES, Clause
from features.catalog import Problem
from features.declared import listed
from features.sql import nearest

KEY = "for_each"


def is_template(one: Any) -> bool:
    """Whether a declaration stands for several."""
    return isinstance(one, Mapping) and KEY in one


def feature_problems(one: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a feature's template, beyond what is wrong with each feature that it makes."""
    if one[KEY] != "clause":
        return [Problem((KEY,), f"unknown for_each {one[KEY]}", "for_each: clause")]
    return [Problem(("coverage",), f"unknown coverage {name}", nearest(str(name), list(COVERAGES)))
            for name in listed(one.get("coverage")) if name not in COVERAGES]  # fmt: skip


def features(one: Mapping[str, Any], clauses: Sequence[Clause]) -> list[dict[str, Any]]:
    """The features that a template makes: one for each clause of the coverages and with the detectors that it names."""
    wanted, watching = listed(one.get("coverage")) or list(COVERAGES), set(listed(one.get("detectors")))
    body = {key: value for key, value in one.items() if key not in (KEY, "coverage", "detectors")}
    return [filled(body, clause) for clause in clauses
            if clause.coverage in wanted and (not watching or watching & set(clause.detectors))]  # fmt: skip


def rule_problems(one: Mapping[str, Any], clauses: Sequence[Clause]) -> list[Problem]:
    """What is wrong with a rule's template."""
    if one[KEY] != "clause":
        return [Problem((KEY,), f"unknown for_each {one[KEY]}", "for_each: clause")]
    if "clause" in one:
        return [Problem(("clause",), "a rule for each clause names none", "remove clause")]
    if not any(one.get("id") in clause.detectors for clause in clauses):
        return [Problem(("id",), f"no clause names {one.get('id')} among its detectors",
                        f"add detectors: [{one.get('id')}] to each clause that it is for")]  # fmt: skip
    return []


def rules(one: Mapping[str, Any], clauses: Sequence[Clause]) -> list[dict[str, Any]]:
    """The rules that a template makes, one for each clause that names it among its detectors; ids end in the clause."""
    body = {key: value for key, value in one.items() if key not in ("id", "clause")}
    return [
        {"id": f"{one['id']}-{clause.id}", "clause": clause.id, **filled(body, clause)}
        for clause in clauses if one.get("id") in clause.detectors
    ]  # fmt: skip


def filled(value: Any, clause: Clause) -> Any:
    """Every text with {clause}, {clause_name} (in snake_case), {title} and {severity} filled in."""
    if isinstance(value, str):
        words = {"{clause}": clause.id, "{clause_name}": clause.id.replace("-", "_"),
                 "{title}": clause.title, "{severity}": clause.severity}  # fmt: skip
        for placeholder, text in words.items():
            value = value.replace(placeholder, text)
        return value
    if isinstance(value, Mapping):
        return {filled(key, clause): filled(one, clause) for key, one in value.items()}
    return [filled(one, clause) for one in value] if isinstance(value, list) else value
