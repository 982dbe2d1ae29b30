"""A field map: which keys of somebody's cloud events hold our columns, as YAML, checked before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import polars as pl

from features.catalog import Problem
from features.event import COLUMNS, EVENT_TYPES
from features.sql import nearest
from streams.formats.taken import Path
from streams.located import Document, PackRefused

SECTIONS = ("type", "columns")
ATTRIBUTES = ("id", "source", "type", "subject", "time", "partitionkey", "recordedtime", "authtype", "authid",
              "traceparent")  # fmt: skip
"""Attributes of an envelope that are always read; a path may name any, extensions too, or begin with `data.`."""

_ATTRIBUTE = re.compile("^[a-z0-9]{1,20}$")

_THERE, _PAGE = "there are type: and columns:", "docs/events.md has them all"
_TYPES = f"There are {', '.join(EVENT_TYPES)}."
_OWN = {"id": "it is source and id of the envelope", "type": "it is mapped under type:"}
_Problems = Iterator[Problem]


class MapRefused(ValueError):
    """A map that cannot be used; its text names file and line and what to do."""


@dataclass(frozen=True)
class FieldMap:
    """types: theirs → ours, None for those that are no events. columns: where each stands. constants: as texts."""

    types: Mapping[str, str | None] = field(default_factory=dict)
    columns: Mapping[str, Path] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)


def read_map(path: File) -> FieldMap:
    """The map in a file. Raises MapRefused, which tells of every mistake in it."""
    try:
        document = Document(path, str(path))
    except PackRefused as refused:
        raise MapRefused(str(refused)) from None
    problems = list(_problems(document.value))
    if problems:
        raise MapRefused("\n\n".join(str(document.flaw(problem, problem.path, "")) for problem in problems))
    columns = {name: str(taken) for name, taken in document.value.get("columns", {}).items()}
    return FieldMap(
        {str(theirs): ours for theirs, ours in document.value.get("type", {}).items()},
        {name: tuple(taken.split(".")) for name, taken in columns.items() if not taken.startswith("=")},
        {name: taken[1:] for name, taken in columns.items() if taken.startswith("=")},
    )


def _problems(value: Any) -> _Problems:
    if not isinstance(value, dict) or not value:
        yield Problem((), "a field map is a mapping", "it has type: and columns:")
        return
    for section in value:
        if section not in SECTIONS:
            yield Problem(
                (str(section),),
                f"unknown key {section}",
                nearest(str(section), list(SECTIONS)) or _THERE,
            )
        elif not isinstance(value[section], dict):
            yield Problem((section,), f"{section}: is a mapping", f"write {section}: {{…: …}}")
    if any(not isinstance(value.get(section, {}), dict) for section in SECTIONS):
        return
    yield from _type_problems(value.get("type", {}))
    yield from _column_problems(value.get("columns", {}))


def _type_problems(types: Mapping[Any, Any]) -> _Problems:
    for theirs, ours in types.items():
        if ours is not None and str(ours) not in EVENT_TYPES:
            hint = f"{nearest(str(ours), list(EVENT_TYPES)) or _TYPES} Or write ~ for what is no event."
            yield Problem(("type", str(theirs)), f"unknown event type {ours}", hint)


def _column_problems(columns: Mapping[Any, Any]) -> _Problems:
    for name, taken in columns.items():
        where = ("columns", str(name))
        if name in _OWN:
            yield Problem(where, f"unknown key {name}: a column that cannot be mapped", _OWN[name])
        elif name not in COLUMNS:
            yield Problem(
                where,
                f"unknown key {name}: no column is called so",
                nearest(str(name), COLUMNS) or _PAGE,
            )
        elif not isinstance(taken, str) or not taken:
            yield Problem(where, f"{name} needs a path or a constant", "data.usage.tokens, subject, or =text")
        elif taken.startswith("="):
            yield from _constant_problems(name, taken[1:], where)
        else:
            yield from _path_problems(taken.split("."), where)
    yield from _clashes({n: tuple(t.split(".")) for n, t in columns.items() if isinstance(t, str) and t[:5] == "data."})


def _path_problems(path: list[str], where: tuple[str, ...]) -> _Problems:
    if not all(path):
        yield Problem(where, "a path has an empty part", "write the keys from the outside in, with a dot between two")
    elif path[0] == "data" and len(path) == 1:
        yield Problem(where, "a path ends at data", "name a key in it: data.usage.tokens")
    elif path[0] != "data" and len(path) > 1:
        yield Problem(where, f"a path begins with {path[0]}", "write data.…, or an attribute of the envelope")
    elif path[0] != "data" and not _ATTRIBUTE.match(path[0]):
        hint = "attributes are of a-z and 0-9, such as subject; keys of the data begin with data."
        yield Problem(where, f"{path[0]} is no attribute of an envelope", hint)


def _constant_problems(name: str, text: str, where: tuple[str, ...]) -> _Problems:
    column = COLUMNS[name]
    if column.kind == "time":
        yield Problem(where, f"{name} is a time and cannot be constant", "map it to a key")
    elif column.kind == "bool" and text not in ("true", "false"):
        yield Problem(where, f"{name} must be true or false, not {text}", "write =true or =false")
    elif column.is_number and pl.Series([text]).cast(column.dtype, strict=False).null_count():
        kind = "a whole number" if column.kind == "int" else "a number"
        yield Problem(where, f"{name} must be {kind}, not {text}", "write it after the =")


def _clashes(paths: Mapping[str, Path]) -> _Problems:
    for name, path in paths.items():
        longer = next((n for n, p in paths.items() if len(p) > len(path) and p[: len(path)] == path), None)
        if longer is not None:
            told = f"{'.'.join(path)} cannot be a value: {longer} looks into it"
            yield Problem(("columns", name), told, "map one of the two")
