"""What holds for each rung, as declared: how long it lasts, what it costs, what lifts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from features.catalog import Problem
from features.declared import missing_keys, unknown_keys
from streams.enforcement.policy.amounts import (
    UNTIL_LIFTED,
    Path,
    duration_problems,
    key_problems,
    mapping_problems,
    ms,
    whole_problems,
    word_problems,
)
from streams.enforcement.policy.policy import LIFTS, Terms
from streams.enforcement.policy.rungs import CONTAIN, HEIGHT, NOTICE, SUSPEND, TERMINATE

RUNGS = (*HEIGHT, CONTAIN)
"""Every rung that has terms."""

_NEEDED = ("lasts", "not_after", "cooldown", "evidence_age", "purse", "lifts")
_KEYS = (*_NEEDED, "strikes", "people")
_ENDING = (NOTICE, SUSPEND)


def terms_problems(declared: Any, purses: Iterable[str]) -> list[Problem]:
    """What is wrong under `rungs:`; purses: those that have a budget."""
    wrong = mapping_problems(declared, ("rungs",), "throttle: {lasts: 1h, …}")
    if wrong:
        return wrong
    found = key_problems(declared, ("rungs",), "rung", RUNGS)
    for rung, one in declared.items():
        if rung in RUNGS:
            found += _one(rung, one, [*purses])
    return found


def built_terms(declared: Mapping[str, Any]) -> dict[str, Terms]:
    """Terms by rung, of what was checked."""
    return {rung: _terms(one) for rung, one in declared.items()}


def _terms(one: Mapping[str, Any]) -> Terms:
    return Terms(
        lasts_ms=None if one["lasts"] == UNTIL_LIFTED else ms(one["lasts"]), not_after_ms=ms(one["not_after"]),
        cooldown_ms=ms(one["cooldown"]), evidence_age_ms=ms(one["evidence_age"]), purse=one["purse"],
        lifts=one["lifts"], strikes=one.get("strikes", 0), people=one.get("people", 0),
    )  # fmt: skip


def _one(rung: str, one: Any, purses: list[str]) -> list[Problem]:
    path = ("rungs", rung)
    wrong = mapping_problems(one, path, f"its keys are {', '.join(_KEYS)}")
    if wrong:
        return wrong
    wrong = unknown_keys(one, _KEYS, *path) + missing_keys((key for key in _NEEDED if one.get(key) is None), *path)
    return wrong or [*_times(rung, one, path), *_words(rung, one, path, purses), *_numbers(rung, one, path)]


def _times(rung: str, one: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for key in ("not_after", "evidence_age"):
        yield from duration_problems(one[key], (*path, key))
    yield from duration_problems(one["cooldown"], (*path, "cooldown"), least_ms=0)
    if one["lasts"] != UNTIL_LIFTED:
        yield from duration_problems(one["lasts"], (*path, "lasts"))
    elif rung in _ENDING:
        yield Problem((*path, "lasts"), f"{rung} must end by itself", "for example 72h: people can prolong it")


def _words(rung: str, one: Mapping[str, Any], path: Path, purses: list[str]) -> Iterator[Problem]:
    yield from word_problems(one["lifts"], (*path, "lifts"), "way to lift", LIFTS)
    # A hash match is paid from no purse, so containing needs no budget.
    known = [*purses, CONTAIN] if rung == CONTAIN else purses
    yield from word_problems(one["purse"], (*path, "purse"), "purse", known)


def _numbers(rung: str, one: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    yield from whole_problems(one.get("strikes", 0), (*path, "strikes"), 0)
    yield from whole_problems(one.get("people", 0), (*path, "people"), 2 if rung == TERMINATE else 0)
