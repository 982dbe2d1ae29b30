"""Who looked at child safety's matters, and when, is recorded before they see anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.ledger.transaction import Ledger, Row, Transaction

Seen = defaultdict[str, set[str]]
"""Ids of child safety's rows, by their table."""


@dataclass
class Watched(Transaction):
    """A view that remembers which of child safety's rows it has given, whatever is done with them."""

    seen: Seen = field(default_factory=lambda: defaultdict(set))

    def rows(self, query: sa.Select[Any]) -> list[Row]:
        """What a question finds."""
        found = super().rows(query)
        for row in found:
            self._note(query, row)
        return found

    def one(self, query: sa.Select[Any]) -> Row | None:
        """The first row that a question finds, None where it finds none."""
        row = super().one(query)
        if row is not None:
            self._note(query, row)
        return row

    def _note(self, query: sa.Select[Any], row: Row) -> None:
        """A row is of the table, and called by the column, that the question names first."""
        if row.get("restricted"):
            first = query.selected_columns[0]
            table = first.table.name if isinstance(first, sa.Column) else "others"
            self.seen[table].add(str(row[first.name]))


def note_looked_at(ledger: Ledger, by: str, seen: Mapping[str, set[str]], now_ms: int) -> None:
    """Record what somebody is about to see, if anything. Raises FencedOff."""
    if not any(seen.values()):
        return
    with ledger.writing(now_ms) as tx:
        trail = Trail(tx)
        trail.note(Kind.LOOK, by, {table: sorted(ids) for table, ids in sorted(seen.items())})
        trail.flush()
