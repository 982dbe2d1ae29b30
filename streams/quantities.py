"""Quantities in words: values with their units, spans of time, what is due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SPANS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def number(value: Any, unit: str = "") -> str:
    """A value with its unit: 840, 12,400, 0.973, 98.5 %."""
    if value is None:
        return "unknown"
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if unit == "ms":
        return span(round(value))
    share, _, of = unit.partition(" of ")
    if share == "share":
        return f"{value * 100:.4g} %" + (f" of {of}" if of else "")
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{shown} {unit}".strip()


def span(ms: int) -> str:
    """A span of time: 1 h 04 min, 59 s."""
    for index, (size, name) in enumerate(_SPANS):
        if ms >= size:
            whole, rest = divmod(ms, size)
            finer = _SPANS[index + 1] if index + 1 < len(_SPANS) else None
            below = rest // finer[0] if finer else 0
            return f"{whole} {name}" + (f" {below:02d} {finer[1]}" if finer and below else "")
    return f"{ms} ms"


def later(ms: int) -> str:
    """How long after something: at once, 29 min 33 s later."""
    return "at once" if ms < 1_000 else f"{span(ms)} later"


def due(row: Mapping[str, Any], now_ms: int) -> str:
    """How much time is left for a case (or what is answered in one), or for how long it is over."""
    if row["state"] != "open":
        return ""
    if row["due_ms"] is None:
        return "unknown"
    left = row["due_ms"] - now_ms
    return f"in {span(left)}" if left >= 0 else f"OVERDUE by {span(-left)}"
