"""Times as people give them: RFC 3339, or a span from now."""

from __future__ import annotations

from datetime import datetime

from detectors.rules import duration_ms
from streams.cli.screen import Failed, safe


def moment_ms(option: str, text: str, now_ms: int, ahead: bool = False) -> int:
    """A time in ms since 1970; a span such as 2h counts back from now, or ahead. Raises Failed."""
    span = duration_ms(text)
    if span is not None:
        return now_ms + span if ahead else now_ms - span
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Failed(f"{option}: {safe(text)} is no time: write 2026-03-02T09:00:00Z, or a span such as 90s, 20m, 2h "
                     "or 7d")  # fmt: skip
    return round(at.timestamp() * 1000)


def span_ms(option: str, text: str) -> int:
    """A span such as 2h in ms. Raises Failed."""
    span = duration_ms(text)
    if not span:
        raise Failed(f"{option}: {safe(text)} is no span of time: write for example 90s, 20m, 2h or 7d")
    return span
