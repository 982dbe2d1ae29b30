"""Long lists, a part at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from streams.web import places

EACH = 50
"""Rows of one part of a list."""

_MOST_PARTS = 100_000


@dataclass(frozen=True)
class Part:
    """One part of a list: the rows it shows of all, from 1, and where its neighbours are; None where there is none."""

    first: int
    last: int
    total: int
    newer: str | None
    older: str | None


def first_of(names: Mapping[str, str]) -> int:
    """How many rows come before the part asked for; whatever is no number of a part is the first."""
    return (_number(names) - 1) * EACH


def part(path: str, names: Mapping[str, str], asked: Mapping[str, str], shown: int, total: int) -> Part:
    """The part that was asked for. asked: the filters, which its neighbours keep."""
    number, first = _number(names), first_of(names)
    newer = places.listed(path, asked, part=number - 1) if number > 1 else None
    older = places.listed(path, asked, part=number + 1) if first + shown < total and shown else None
    return Part(first + 1 if shown else 0, first + shown, total, newer, older)


def _number(names: Mapping[str, str]) -> int:
    text = names.get("part", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and 0 < int(text) <= _MOST_PARTS else 1


def asked_for(names: Mapping[str, str], *filters: str) -> defaultdict[str, str]:
    """The filters that were given, without spaces around them; what is longer than any id is none. A form that asks
    for another finds it empty.
    """
    found = {name: names.get(name, "").strip() for name in filters}
    return defaultdict(str, {name: value for name, value in found.items() if 0 < len(value) <= 512})
