"""A decoded row as the JSON of a native event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.event import COLUMNS, EVENT_TYPES, carried_by
from streams.alert_lines import rfc3339


def as_native(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is there of the columns that the row's type carries; read as native JSON it gives the same row."""
    kind = row.get("type")
    return {
        name: rfc3339(value) if COLUMNS[name].kind == "time" else value
        for name, value in row.items()
        if name in COLUMNS and _is_there(name, value) and (kind not in EVENT_TYPES or carried_by(name, kind))
    }


def _is_there(name: str, value: Any) -> bool:
    return value is not None and not (COLUMNS[name].kind == "time" and not 0 <= value <= COLUMNS[name].most)
