"""Events as evidence shows them: only what the rule read, addresses hashed, command lines cut to what matched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import polars as pl
from sqlglot import exp

from detectors.rules import Rule
from features.event import COLUMNS
from features.sql import parsed

MOST_EVENTS = 5
MOST_CHARACTERS = 120


def columns_shown(rule: Rule, conditions: Iterable[exp.Expr]) -> tuple[str, ...]:
    """The event columns that a rule read, directly or through its features."""
    names = {column.name for tree in conditions for column in tree.find_all(exp.Column)}
    names |= {feature.column for feature in rule.features if feature.column}
    return tuple(sorted(names & set(COLUMNS) - {"id", "time", "type", "account_id"}))


def trees(rule: Rule) -> list[exp.Expr]:
    """The conditions on event columns behind a rule: its own, or its features' `where`."""
    if rule.on == "event":
        return [condition.sql.tree for condition in rule.conditions]
    return [parsed(f.where) for f in rule.features if f.where]


def patterns(conditions: Iterable[exp.Expr], column: str) -> tuple[str, ...]:
    """The literal parts of the patterns that a column is matched against."""
    found: dict[str, None] = {}
    for tree in conditions:
        for match in tree.find_all(exp.Like, exp.ILike):
            if isinstance(match.this.unnest(), exp.Column | exp.Lower) and column in match.this.sql():
                found |= dict.fromkeys(part for part in match.expression.this.split("%") if part)
    return tuple(found)


class Redaction:
    """How one rule's events are shown."""

    def __init__(self, rule: Rule, hash_key: str) -> None:
        conditions = trees(rule)
        self._columns = columns_shown(rule, conditions)
        self._patterns = {c: patterns(conditions, c) for c in self._columns if COLUMNS[c].shown == "tokens"}
        self._key = hash_key.encode()

    def shown(self, events: pl.DataFrame) -> tuple[dict[str, Any], ...]:
        """Up to five events, oldest offset first, in a form that a person may see."""
        columns = [c for c in self._columns if c in events.columns]
        return tuple(
            {key: self._value(key, value) for key, value in row.items() if value is not None}
            for row in events.head(MOST_EVENTS).select("id", "time", "type", *columns).to_dicts()
        )

    def _value(self, column: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if COLUMNS[column].shown == "hashed":
            return "hash:" + hashlib.blake2b(value.encode(), key=self._key[:64], digest_size=8).hexdigest()
        if COLUMNS[column].shown == "tokens":
            folded = value.casefold()
            return " … ".join(p for p in self._patterns[column] if p.casefold() in folded)
        return printable(value)


def printable(text: str) -> str:
    """Text that cannot move a cursor, and at most 120 characters of it."""
    clipped = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
    return "".join(c if c.isprintable() else "�" for c in clipped)
