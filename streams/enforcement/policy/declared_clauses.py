"""What follows under each clause, as declared: how far it goes, by which ladder, what lifts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from detectors.clauses import Clause
from features.catalog import Problem
from features.declared import missing_keys, unknown_keys
from streams.enforcement.policy.amounts import (
    Path,
    duration_problems,
    key_problems,
    mapping_problems,
    ms,
    text_problems,
    word_problems,
)
from streams.enforcement.policy.declared_ladders import Ladders
from streams.enforcement.policy.policy import ClausePolicy
from streams.enforcement.policy.rungs import BY_PEOPLE, CONTAIN, HEIGHT

PAGE = "page"
"""The ceiling of a clause under which nothing but people's work follows."""

CATEGORIES = (
    "ANIMAL_WELFARE", "CONSUMER_INFORMATION", "CYBER_VIOLENCE", "CYBER_VIOLENCE_AGAINST_WOMEN",
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", "ILLEGAL_OR_HARMFUL_SPEECH", "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS", "NOT_SPECIFIED_NOTICE", "OTHER_VIOLATION_TC",
    "PROTECTION_OF_MINORS", "RISK_FOR_PUBLIC_SECURITY", "SCAMS_AND_FRAUD", "SELF_HARM",
    "UNSAFE_AND_PROHIBITED_PRODUCTS", "VIOLENCE",
)  # fmt: skip
"""Categories of the DSA Transparency Database, without their prefix."""

_CEILINGS = (PAGE, *(rung for rung in HEIGHT if rung not in BY_PEOPLE), CONTAIN)
_NEEDED = ("ceiling", "to_lift", "dsa_category")
_KEYS = (*_NEEDED, "ladder", "illegal", "settle")


def clause_problems(declared: Any, clauses: Mapping[str, Clause], ladders: Mapping[str, Any]) -> list[Problem]:
    """What is wrong under `clauses:`; ladders: as declared, by name."""
    wrong = mapping_problems(declared, ("clauses",), "spam: {ceiling: suspend, ladder: …}")
    if wrong:
        return wrong
    found = key_problems(declared, ("clauses",), "clause", list(clauses))
    for name, one in declared.items():
        if name in clauses:
            found += _one(clauses[name], one, ladders, ("clauses", name))
    return found


def built_clauses(declared: Mapping[str, Any], clauses: Mapping[str, Clause],
                  ladders: Ladders) -> dict[str, ClausePolicy]:  # fmt: skip
    """Policies by clause, of what was checked."""
    return {
        name: ClausePolicy(
            clause=name, ceiling=one["ceiling"], ladders=ladders[one["ladder"]] if one.get("ladder") else {},
            to_lift=" ".join(one["to_lift"].split()), dsa_category=one["dsa_category"],
            illegal=one.get("illegal", False), role=clauses[name].role, settle_ms=ms(one.get("settle", "0s")),
        )
        for name, one in declared.items()
    }  # fmt: skip


def _one(clause: Clause, one: Any, ladders: Mapping[str, Any], path: Path) -> list[Problem]:
    wrong = mapping_problems(one, path, f"its keys are {', '.join(_KEYS)}")
    if wrong:
        return wrong
    wrong = unknown_keys(one, _KEYS, *path) + missing_keys((key for key in _NEEDED if not one.get(key)), *path)
    wrong = wrong or [*_words(one, ladders, path)]
    return wrong or [*_path_problems(clause, one, path)] or [*_above_ceiling(one, ladders, path)]


def _words(one: Mapping[str, Any], ladders: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    yield from word_problems(one["ceiling"], (*path, "ceiling"), "ceiling", _CEILINGS)
    yield from word_problems(one["dsa_category"], (*path, "dsa_category"), "category", CATEGORIES)
    yield from text_problems(one["to_lift"], (*path, "to_lift"))
    if "ladder" in one:
        yield from word_problems(one["ladder"], (*path, "ladder"), "ladder", ladders)
    if not isinstance(one.get("illegal", False), bool):
        yield Problem((*path, "illegal"), f"{one['illegal']} is neither true nor false", "say true or false")
    if "settle" in one:
        yield from duration_problems(one["settle"], (*path, "settle"), least_ms=0)


_NO_LADDER = {
    "care": "a person at risk is no offender", "child_safety": "the path of child safety has no ladder",
    "ours": "what is ours to repair is no breach",
}  # fmt: skip


def _path_problems(clause: Clause, one: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    most = {"care": PAGE, "child_safety": CONTAIN, "ours": PAGE}.get(clause.path)
    if most is not None and "ladder" in one:
        told = _NO_LADDER[clause.path]
        yield Problem((*path, "ladder"), f"{told}: no ladder under {clause.id}", "remove it: people decide there")
    if most is not None and one["ceiling"] not in (PAGE, most):
        yield Problem((*path, "ceiling"), f"{clause.id} goes no further than {most}", f"say ceiling: {most}")
    if most is None and one["ceiling"] == CONTAIN:
        yield Problem((*path, "ceiling"), "contain is for the path of child safety alone", "take suspend or less")
    if clause.page_only and one["ceiling"] != PAGE:
        yield Problem((*path, "ceiling"), f"{clause.id} rests on no document, so nothing but a page may follow",
                      "say ceiling: page, or give the clause its basis in clauses.yaml")  # fmt: skip


def _above_ceiling(one: Mapping[str, Any], ladders: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    ceiling, ladder = one["ceiling"], ladders.get(one.get("ladder", ""), {})
    rungs = dict.fromkeys(str(rung) for rung in _rungs(ladder))
    above = [rung for rung in rungs if HEIGHT.get(rung, 0) > HEIGHT.get(ceiling, 0)]
    if above:
        beyond = f"its ladder {one['ladder']} goes above the ceiling {ceiling}: to {above[-1]}"
        yield Problem((*path, "ceiling"), beyond, "raise the ceiling, or take another ladder")  # fmt: skip
    if not rungs and ceiling not in (PAGE, CONTAIN):
        yield Problem(path, f"a ceiling of {ceiling} without a ladder", "name a ladder, or say ceiling: page")


def _rungs(ladder: Any) -> Iterator[Any]:
    """The rungs of a ladder that may itself be wrong."""
    for steps in ladder.values() if isinstance(ladder, Mapping) else ():
        for step in steps if isinstance(steps, list) else ():
            yield step.get("rung") if isinstance(step, Mapping) else None
