"""Reporters as declared: who is trusted, who is not, from when their past says so, and when they are answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from features.catalog import Problem
from features.declared import unknown_keys
from streams.enforcement.policy.amounts import (
    Path,
    duration_problems,
    key_problems,
    mapping_problems,
    ms,
    share_problems,
)
from streams.enforcement.policy.trust import Reporters, Trust

_LISTS = ("trusted", "distrusted")
_SHARES = ("known_from", "distrusted_below")
_KEYS = (*_LISTS, *_SHARES, "due")
_WORDS = [str(word) for word in Trust]
_PATH: Path = ("reporters",)


def reporter_problems(declared: Any) -> list[Problem]:
    """What is wrong under `reporters:`."""
    wrong = mapping_problems(declared, _PATH, f"its keys are {', '.join(_KEYS)}")
    wrong = wrong or unknown_keys(declared, _KEYS, *_PATH)
    if wrong:
        return wrong
    found = [problem for key in _LISTS for problem in _ids(declared[key], (*_PATH, key))]
    found += [problem for key in _SHARES for problem in share_problems(declared[key], (*_PATH, key))]
    found += _due(declared["due"], (*_PATH, "due"))
    return found or [*_contradictions(declared)]


def built_reporters(declared: Mapping[str, Any]) -> Reporters:
    """Of what was checked."""
    return Reporters(
        frozenset(declared["trusted"]), frozenset(declared["distrusted"]), float(declared["known_from"]),
        float(declared["distrusted_below"]), {Trust(word): ms(text) for word, text in declared["due"].items()},
    )  # fmt: skip


def _ids(one: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(one, list):
        yield Problem(path, f"{path[-1]} must be a list of reporters' ids", "[agency-7, hotline]")
        return
    for index, reporter in enumerate(one):
        if not isinstance(reporter, str) or not reporter:
            yield Problem((*path, index), f"{reporter} is not a reporter's id", "quote it: it is a text")


def _due(one: Any, path: Path) -> list[Problem]:
    wrong = mapping_problems(one, path, "trusted: 4h, known: 24h") or key_problems(one, path, "trust", _WORDS)
    return wrong or [problem for word, text in one.items() for problem in duration_problems(text, (*path, word))]


def _contradictions(declared: Mapping[str, Any]) -> Iterator[Problem]:
    for index, reporter in enumerate(declared["distrusted"]):
        if reporter in declared["trusted"]:
            yield Problem((*_PATH, "distrusted", index), f"{reporter} is trusted too", "decide for one")
    if declared["known_from"] < declared["distrusted_below"]:
        yield Problem((*_PATH, "known_from"), "a reporter would be known and distrusted at once",
                      f"at least {declared['distrusted_below']}, which is distrusted_below")  # fmt: skip
    due = declared["due"]
    for sooner, later in pairwise(_WORDS):
        if ms(due[later]) < ms(due[sooner]):
            yield Problem((*_PATH, "due", later), f"reports of {later} reporters are due before those of {sooner} ones",
                          f"at least {due[sooner]}")  # fmt: skip
