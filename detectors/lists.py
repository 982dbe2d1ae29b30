"""Lists of indicators as declared in the pack's `lists/`, checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from features.catalog import Problem, Refused
from features.declared import listed, missing_keys, unknown_keys
from features.listing import KINDS, Listing

_KEYS = ("kind", "what", "source", "expires", "entries")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)


def build_lists(declared: Iterable[tuple[str, Any]]) -> dict[str, Listing]:
    """Check lists, each with its file's name. Raises Refused; each problem's path begins with the list's number."""
    problems: list[Problem] = []
    found: dict[str, Listing] = {}
    for index, (name, one) in enumerate(declared):
        wrong = list(_problems(name, one))
        problems += [replace(problem, path=(index, *problem.path)) for problem in wrong]
        if not wrong:
            found[name] = _list(name, one)
    if problems:
        raise Refused(problems)
    return found


def _list(name: str, one: Mapping[str, Any]) -> Listing:
    entries = tuple(dict.fromkeys(str(entry) for entry in one["entries"]))
    return Listing(name, one["kind"], str(one["what"]), str(one["source"]), str(one["expires"]), entries)


def _problems(name: str, one: Any) -> Iterator[Problem]:
    if not isinstance(one, Mapping):
        yield Problem((), "a list is a mapping of keys", f"its keys are {', '.join(_KEYS)}")
        return
    if not _NAME.fullmatch(name):
        yield Problem((), f"{name} is not a kebab-case name", "name the file with a-z, 0-9 and -")
    missing = [key for key in _KEYS if one.get(key) in (None, "")]
    yield from unknown_keys(one, _KEYS) + missing_keys(missing)
    if not missing:
        yield from _value_problems(one)


def _value_problems(one: Mapping[str, Any]) -> Iterator[Problem]:
    if one["kind"] not in KINDS:
        yield Problem(("kind",), f"unknown kind {one['kind']}", f"one of {', '.join(KINDS)}")
    if not _DATE.fullmatch(str(one["expires"])):
        yield Problem(("expires",), f"{one['expires']} is not a date", "for example 2027-06-30")
    yield from _entry_problems(listed(one["entries"]), one["kind"])


def _entry_problems(entries: Sequence[Any], kind: str) -> Iterator[Problem]:
    for index, entry in enumerate(entries):
        if not isinstance(entry, str) or not entry:
            yield Problem(("entries", index), f"{entry} is not a text", "quote it")
        elif kind == "domain" and not _DOMAIN.fullmatch(entry):
            yield Problem(("entries", index), f"{entry} is not a domain name", "for example pool.example.com")
