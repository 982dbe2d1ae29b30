"""Lists of indicators as declared in the pack's `lists/`, checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from features.catalog import Problem, Refused
from features.declared import listed
from features.listing import KINDS, Listing
from features.sql import nearest

_KEYS = ("kind", "what", "source", "expires", "entries")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)


def build_list(name: str, one: Any) -> Listing:
    """Check one list; `name` is its file's. Raises Refused."""
    problems = list(_problems(name, one))
    if problems:
        raise Refused(problems)
    entries = tuple(dict.fromkeys(str(entry) for entry in one["entries"]))
    return Listing(name, one["kind"], str(one["what"]), str(one["source"]), str(one["expires"]), entries)


def _problems(name: str, one: Any) -> Iterator[Problem]:
    if not isinstance(one, Mapping):
        yield Problem((), "a list is a mapping of keys", f"its keys are {', '.join(_KEYS)}")
        return
    if not _NAME.fullmatch(name):
        yield Problem((), f"{name} is not a kebab-case name", "name the file with a-z, 0-9 and -")
    for key in one:
        if key not in _KEYS:
            yield Problem((key,), f"unknown key {key}", nearest(str(key), list(_KEYS)))
    missing = [key for key in _KEYS if one.get(key) in (None, "")]
    yield from (Problem((), f"{key} is missing", f"add {key}: …") for key in missing)
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
