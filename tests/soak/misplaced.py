"""Where hostile values may not stand: raw in log lines, and in alerts anywhere but in data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from soak.hostile import MARKER

_SHOWN = 120

DATA = frozenset({"entity", "plan", "events", "evidence", "end_users", "accounts"})
"""The fields of an alert that say what was seen; all others are ours."""


def in_log(name: str, text: str, is_json: bool) -> Iterator[str]:
    """Lines that would do something to whoever reads them, and hostile values outside of a JSON line's strings.

    is_json: whether the process writes JSON lines.
    """
    for line in text.split("\n"):
        if not line.replace("\t", " ").isprintable():
            yield f"{name}: a log line with characters that act: {line[:_SHOWN]!a}"
        elif MARKER in line and is_json and not _is_object(line):
            yield f"{name}: a hostile value in a log line that is no JSON: {line[:_SHOWN]!a}"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def in_alerts(values: Iterable[bytes]) -> Iterator[str]:
    """Alerts that hold raw control characters, are no JSON, or show a hostile value in a field or a name of ours."""
    for value in values:
        if any(byte < 0x20 for byte in value):
            yield f"an alert with raw control characters: {value[:_SHOWN]!r}"
            continue
        alert = json.loads(value)
        where = [name for name, content in alert.items() if MARKER in name or (name not in DATA and _marked(content))]
        if where or _named(alert):
            yield f"an alert with a hostile value in {', '.join(where) or 'a name of its data'}: {value[:_SHOWN]!r}"


def _marked(content: Any) -> bool:
    return MARKER in json.dumps(content)


def _named(content: Any) -> bool:
    """Whether the name of any field, however deep, is hostile."""
    if isinstance(content, Mapping):
        return any(MARKER in name or _named(inner) for name, inner in content.items())
    return isinstance(content, list) and any(_named(one) for one in content)
