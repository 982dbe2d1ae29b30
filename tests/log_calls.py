"""Every call in the source that logs: read from its syntax, so that none is missed because no test reaches it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "msg", "log"})


@dataclass(frozen=True)
class LogCall:
    """One call. event: the LogEvent's name in the source, None where the call names none; level: None if forwarded."""

    where: str
    event: str | None
    level: str | None
    fields: frozenset[str | None]


def log_calls(folder: Path = ROOT / "streams") -> list[LogCall]:
    """All of a folder."""
    return [call for file in sorted(folder.rglob("*.py")) for call in calls_in(file.read_text(), str(file))]


def calls_in(source: str, name: str) -> Iterator[LogCall]:
    """All of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            event = next((found for one in node.args if (found := _event(one)) is not None), None)
            level = _level(node.func)
            if event is not None or level is not None:
                fields = frozenset(keyword.arg for keyword in node.keywords)
                yield LogCall(f"{name}:{node.lineno}", event, level, fields)


def _event(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "LogEvent":
        return node.attr
    return None


def _level(function: ast.expr) -> str | None:
    """The method's name, where it is a logger's."""
    if not isinstance(function, ast.Attribute) or function.attr not in LEVELS:
        return None
    owner = ast.unparse(function.value)
    return function.attr if owner.endswith("log") or "get_logger" in owner or "logger" in owner.lower() else None
