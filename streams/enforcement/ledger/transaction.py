"""One transaction on the ledger: everything in it is there afterwards, or nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from streams.enforcement.failpoints import Pass, unhindered
from streams.enforcement.ledger.schema import lease
from streams.enforcement.ledger.storable import storable

Row = dict[str, Any]
"""A row by column."""

_MOST_IN = 500
"""Ids that one question asks for: SQLite takes 32,766 parameters, planners like fewer."""

_ONE_MOMENT = {"postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}}
"""What makes a reader see one moment; SQLite's readers always do."""

WRITER = "writer"
"""The name of the lease that writers hold."""


class FencedOff(Exception):
    """Another has taken over: nothing of this transaction was written."""


@dataclass
class Transaction:
    """A transaction that may write. now_ms: its time, which is stored with what it writes."""

    connection: sa.Connection
    now_ms: int
    reach: Pass = unhindered

    def rows(self, query: sa.Select[Any]) -> list[Row]:
        """What a question finds."""
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def one(self, query: sa.Select[Any]) -> Row | None:
        """The first row that a question finds, None where it finds none."""
        row = self.connection.execute(query).mappings().first()
        return None if row is None else dict(row)

    def among(self, table: sa.Table, column: sa.Column[str], values: Iterable[str],
              *also: sa.ColumnElement[bool]) -> Iterator[Row]:  # fmt: skip
        """The rows whose column is one of these, asked for in pieces."""
        wanted = sorted(set(values))
        for first in range(0, len(wanted), _MOST_IN):
            yield from self.rows(sa.select(table).where(column.in_(wanted[first : first + _MOST_IN]), *also))

    def insert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows."""
        if rows:
            self.reach(f"insert {table.name}: before")
            self.connection.execute(sa.insert(table), [storable(row) for row in rows])
            self.reach(f"insert {table.name}: after")

    def update(self, table: sa.Table, where: sa.ColumnElement[bool], **values: Any) -> int:
        """Change rows; returns how many."""
        self.reach(f"update {table.name}: before")
        changed = self.connection.execute(sa.update(table).where(where).values(storable(values))).rowcount
        self.reach(f"update {table.name}: after")
        return changed

    def replace(self, table: sa.Table, key: sa.Column[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Change the rows of these keys."""
        if not rows:
            return
        self.reach(f"update {table.name}: before")
        mine = sa.update(table).where(key == sa.bindparam("its_key"))
        self.connection.execute(mine, [{**row, "its_key": row[key.name]} for row in rows])
        self.reach(f"update {table.name}: after")

    def put(self, table: sa.Table, row: Mapping[str, Any]) -> None:
        """Add a row, or replace that of the same key."""
        row, keys = storable(row), list(table.primary_key.columns)
        where = sa.and_(*(column == row[column.name] for column in keys))
        if not self.update(table, where, **row):
            self.insert(table, [row])

    def delete(self, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
        """Remove rows; returns how many."""
        self.reach(f"delete {table.name}: before")
        return self.connection.execute(sa.delete(table).where(where)).rowcount


class Ledger:
    """The ledger: the only writer of standing.

    fence: the lease token that this process holds; a transaction of an older token writes nothing.
    """

    def __init__(self, engine: sa.Engine, reach: Pass = unhindered) -> None:
        self.engine, self.reach = engine, reach
        self.fence: int | None = None

    @contextmanager
    def writing(self, now_ms: int) -> Iterator[Transaction]:
        """A transaction that may write; writers come one after the other. Raises FencedOff."""
        with self.engine.begin() as connection:
            self._queue(connection)
            yield Transaction(connection, now_ms, self.reach)
            self.reach("commit: before")
        self.reach("commit: after")

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A view of one moment."""
        options = _ONE_MOMENT.get(self.engine.dialect.name, {})
        with self.engine.connect().execution_options(reads=True, **options) as connection, connection.begin():
            yield Transaction(connection, 0)

    def _queue(self, connection: sa.Connection) -> None:
        # The row's lock makes writers queue on PostgreSQL; SQLite's BEGIN IMMEDIATE has done so already.
        query = sa.select(lease.c.token).where(lease.c.name == WRITER)
        token = connection.execute(query.with_for_update()).scalar()
        if self.fence is not None and token != self.fence:
            raise FencedOff(f"lease token {self.fence} was taken over by {token}")

    def close(self) -> None:
        """Let go of connections."""
        self.engine.dispose()
