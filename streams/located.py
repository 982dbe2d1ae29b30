"""YAML with places: every value knows its file, line and column, so that errors can point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from features.catalog import Problem

_MOST_SHOWN = 160  # characters of a line

Place = tuple[int, int]
"""Line and column, from 0."""


@dataclass(frozen=True)
class Flaw:
    """A problem with its place, for people: file, line (from 1), the line's text and a caret under what is meant."""

    file: str
    line: int
    message: str
    hint: str = ""
    subject: str = ""
    source: str = ""
    caret: int = 0
    width: int = 1
    warning: bool = False

    def __str__(self) -> str:
        about = f"{self.subject}: " if self.subject else ""
        head = f"{self.file}:{self.line}: {'warning: ' if self.warning else ''}{about}{self.message}"
        source, caret = _clipped(self.source, self.caret)
        carets = "^" * max(min(self.width, len(source) - caret), 1)
        shown = [f"    {source}", f"    {' ' * caret}{carets}"] if self.source else []
        return "\n".join([head, *shown, *([f"    {self.hint}"] if self.hint else [])])


def _clipped(source: str, caret: int) -> tuple[str, int]:
    """A line that fits a screen, with what the caret is under."""
    first = max(min(caret - _MOST_SHOWN // 2, len(source) - _MOST_SHOWN), 0)
    begun, ended = "…" if first else "", "…" if first + _MOST_SHOWN < len(source) else ""
    return begun + source[first : first + _MOST_SHOWN] + ended, caret - first + len(begun)


class PackRefused(Exception):
    """A pack that cannot be taken up; its text names file, line, rule and what to do."""

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("\n\n".join(str(flaw) for flaw in flaws))
        self.flaws = flaws


_NOT_MEANT = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


def _meant(base: type[yaml.SafeLoader]) -> type[yaml.SafeLoader]:
    """A loader with YAML 1.2's truth values: `on` is a key of ours, and no/yes are words; times are texts."""
    loader: type[yaml.SafeLoader] = type("Loader", (base,), {
        "yaml_implicit_resolvers": {
            first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_MEANT]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
    })  # fmt: skip
    loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|false|False)$"), list("tTfF"))
    return loader


_Loader, _FastLoader = _meant(yaml.SafeLoader), _meant(getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _loaded(text: str) -> tuple[yaml.Node | None, Any]:
    try:
        return _read(_FastLoader(text))
    except yaml.YAMLError:
        return _read(_Loader(text))  # it says better what is wrong


def _read(loader: yaml.SafeLoader) -> tuple[yaml.Node | None, Any]:
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


class Document:
    """One YAML file, its value and the places in it."""

    def __init__(self, path: Path, shown_as: str) -> None:
        self.shown_as = shown_as
        try:
            self._text = path.read_text(encoding="utf-8")
            self._node, self.value = _loaded(self._text)
        except yaml.MarkedYAMLError as error:
            raise PackRefused([self._unreadable(error)]) from None
        except (yaml.YAMLError, RecursionError) as error:
            about = "nested too deep" if isinstance(error, RecursionError) else str(error).splitlines()[0]
            raise PackRefused([Flaw(shown_as, 1, f"not readable as YAML: {about}")]) from None
        except UnicodeDecodeError as error:
            raise PackRefused([Flaw(shown_as, 1, "is not UTF-8", f"byte {error.start} is wrong")]) from None
        except OSError as error:
            raise PackRefused([Flaw(shown_as, 1, f"cannot be read: {error.strerror}")]) from None
        doubles = _doubles(self._node)
        if doubles:
            told = [self._flaw(mark, f"the key {key} is there twice", "remove one") for key, mark in doubles]
            raise PackRefused(told)

    def _unreadable(self, error: yaml.MarkedYAMLError) -> Flaw:
        mark = error.problem_mark
        place = (mark.line, mark.column) if mark else (0, 0)
        hint = "quote texts that hold ': ' or begin with a sign"
        return self._flaw(place, f"not readable as YAML: {error.problem}", hint)

    def flaw(self, problem: Problem, path: tuple[str | int, ...], subject: str) -> Flaw:
        """A problem at a path of this document."""
        node = _find(self._node, path, problem.message)
        line, column = (node.start_mark.line, node.start_mark.column) if node else (0, 0)
        width = 1
        if isinstance(node, yaml.ScalarNode):
            at = problem.at if problem.at is not None and node.end_mark.line == line else None
            quoted = 1 if node.style in ("'", '"') else 0
            column += quoted + (at or 0) if at is not None else 0
            width = problem.length if at is not None else max(node.end_mark.column - column, 1) if (
                node.end_mark.line == line) else 1  # fmt: skip
        return self._flaw((line, column), problem.message, problem.hint, subject, width, problem.warning)

    def _flaw(self, place: Place, message: str, hint: str = "", subject: str = "", width: int = 1,
              warning: bool = False) -> Flaw:  # fmt: skip
        line, column = place
        lines = self._text.splitlines()
        source = lines[line] if line < len(lines) else ""
        stripped = source.lstrip()
        return Flaw(self.shown_as, line + 1, message, hint, subject, stripped,
                    max(column - (len(source) - len(stripped)), 0), width, warning)  # fmt: skip


_ABOUT_KEY = re.compile(r"^unknown key |^no such | takes no | has no windows$")


def _find(node: yaml.Node | None, path: tuple[str | int, ...], message: str) -> yaml.Node | None:
    """The deepest node along a path, a key's own node where its value is not there, or where the key is meant."""
    for depth, step in enumerate(path):
        key_is_meant = depth == len(path) - 1 and _ABOUT_KEY.search(message)
        below = _key(node, step) if key_is_meant else _child(node, step)
        if below is None:
            return node
        node = below
    return _item(node, message)


def _item(node: yaml.Node | None, message: str) -> yaml.Node | None:
    """The item of a list that a message ends with, else the list."""
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    return next((one for one in items if isinstance(one, yaml.ScalarNode) and message.endswith(f" {one.value}")), node)


def _key(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return next((key for key in keys if key.value == str(step)), None)


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value if isinstance(value, yaml.ScalarNode) and value.value else _first(key, value)
    # A single condition may stand without a list.
    return node if isinstance(node, yaml.ScalarNode) and step == 0 else None


def _first(key: yaml.Node, value: yaml.Node) -> yaml.Node:
    return key if isinstance(value, yaml.ScalarNode) else value


def _doubles(node: yaml.Node | None) -> list[tuple[str, Place]]:
    found: list[tuple[str, Place]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((str(key.value), (key.start_mark.line, key.start_mark.column)))
            seen.add(str(key.value))
            found += _doubles(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            found += _doubles(value)
    return found
