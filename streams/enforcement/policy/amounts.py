"""Single values of a declared policy, checked: durations, whole numbers, shares, words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from detectors.rules import duration_ms
from features.catalog import Problem
from features.sql import nearest

UNTIL_LIFTED = "until lifted"

Path = tuple[str | int, ...]


def ms(text: Any) -> int:
    """A checked duration in ms."""
    return duration_ms(text) or 0


def duration_problems(value: Any, path: Path, least_ms: int = 1_000) -> list[Problem]:
    """What is wrong with a duration."""
    found = duration_ms(value)
    if found is None:
        return [Problem(path, f"{value} is not a duration", "for example 90s, 20m, 1h, 7d")]
    return [] if found >= least_ms else [Problem(path, f"{value} is no time at all", "for example 90s, 20m, 1h, 7d")]


def whole_problems(value: Any, path: Path, least: int = 1) -> list[Problem]:
    """What is wrong with a whole number."""
    sound = isinstance(value, int) and not isinstance(value, bool) and value >= least
    return [] if sound else [Problem(path, f"{value} is not a whole number from {least} on", f"at least {least}")]


def amount_problems(value: Any, path: Path) -> list[Problem]:
    """What is wrong with a number that must be above 0."""
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    return [] if sound else [Problem(path, f"{value} is not a number above 0")]


def share_problems(value: Any, path: Path) -> list[Problem]:
    """What is wrong with a share."""
    sound = not amount_problems(value, path) and value <= 1
    hint = "0.005 is 0.5 %"
    return [] if sound else [Problem(path, f"{value} is not a share: above 0, at most 1", hint)]


def text_problems(value: Any, path: Path) -> list[Problem]:
    """What is wrong with a text."""
    return [] if isinstance(value, str) else [Problem(path, f"{value} is not a text", "quote it")]


def word_problems(value: Any, path: Path, what: str, known: Iterable[str]) -> list[Problem]:
    """What is wrong with a word that must be one of some."""
    options = list(known)
    if isinstance(value, str) and value in options:
        return []
    shown = f"one of {', '.join(options)}" if 0 < len(options) <= 16 else ""
    return [Problem(path, f"unknown {what} {value}", nearest(str(value), options) or shown)]


def key_problems(one: Mapping[Any, Any], path: Path, what: str, known: Sequence[str]) -> list[Problem]:
    """What is wrong with keys that must be names known elsewhere."""
    return [Problem((*path, key), f"no such {what}: {key}", nearest(str(key), list(known)) or
                    (f"one of {', '.join(known)}" if 0 < len(known) <= 16 else ""))
            for key in one if key not in known]  # fmt: skip


def mapping_problems(value: Any, path: Path, hint: str) -> list[Problem]:
    """What is wrong with what must be a mapping."""
    what = str(path[-1]) if path else "a policy"
    return [] if isinstance(value, Mapping) else [Problem(path, f"{what} must be a mapping of keys", hint)]
