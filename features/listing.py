"""Lists of indicators that conditions may name: `LISTED(tls_sni, 'mining-pools')`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

KINDS = ("domain", "exact")
"""How entries match: a domain matches itself and what is below it, in any case; the rest match exactly."""

_CALL = re.compile(r"\bLISTED\(\s*([a-z_][a-z0-9_]*)\s*,\s*'([^']*)'\s*\)", re.IGNORECASE)
_PATTERN_CHARACTERS = 20_000


@dataclass(frozen=True)
class Listing:
    """Indicators of one kind, where they are from, and until when they hold (dates as YYYY-MM-DD)."""

    name: str
    kind: str
    what: str
    source: str
    expires: str
    entries: tuple[str, ...]


class UnknownList(Exception):
    """A condition names a list that is not there: its name and where it stands in the text."""

    def __init__(self, name: str, at: int) -> None:
        super().__init__(name)
        self.name, self.at = name, at


def outlined(text: str) -> str:
    """The condition with each LISTED(x, 'y') as an x IN ('y') of the same length: to check it, places and all."""
    return _CALL.sub(lambda found: f"{found[1]} IN ('{found[2]}')".ljust(len(found[0])), text)


def expanded(text: str, lists: Mapping[str, Listing]) -> str:
    """The condition with each list's entries written out. Raises UnknownList."""

    def written(found: re.Match[str]) -> str:
        if found[2] not in lists:
            raise UnknownList(found[2], found.start(2))
        return f"({_matches(found[1], lists[found[2]])})"

    return _CALL.sub(written, text)


def named(text: str) -> tuple[str, ...]:
    """The lists that a condition names."""
    return tuple(found[2] for found in _CALL.finditer(text))


def _matches(column: str, one: Listing) -> str:
    if not one.entries:
        return "FALSE"
    if one.kind == "exact":
        return f"{column} IN ({', '.join(_quoted(entry) for entry in one.entries)})"
    patterns = (f"(^|\\.)({'|'.join(part)})\\.?$" for part in _parts([re.escape(e.lower()) for e in one.entries]))
    return " OR ".join(f"REGEXP_LIKE(LOWER({column}), {_quoted(pattern)})" for pattern in patterns)


def _parts(entries: Sequence[str]) -> Iterator[list[str]]:
    """Entries in parts of bounded length: a pattern's automaton grows with it."""
    part: list[str] = []
    for entry in entries:
        if part and sum(map(len, part)) + len(entry) > _PATTERN_CHARACTERS:
            yield part
            part = []
        part.append(entry)
    yield part


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
