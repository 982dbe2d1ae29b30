"""One command in hand: who asks for what, and the transaction that it is done in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.consequences import Consequences
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.people.args import Args
from streams.enforcement.people.commands import Command
from streams.enforcement.people.person import Person
from streams.enforcement.people.roles import HIDDEN, Role


class Turned(Exception):
    """A command that is not obeyed; its text says why, to the person who asked. Nothing of it was done."""


class Ending(StrEnum):
    """done; waits: for another person, or for time to pass; refused."""

    DONE = "done"
    WAITS = "waits"
    REFUSED = "refused"


@dataclass(frozen=True)
class Answer:
    """What became of a command. detail: for people; found: for programs, JSON; command, verb: which it was, empty where
    nobody's signature vouches for it.
    """

    ending: Ending
    detail: str
    found: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    verb: str = ""


@dataclass(frozen=True)
class Weight:
    """What permission and the number of people depend on.

    rung: the highest that is touched; restricted: whether any matter is child safety's; about: of a report; count: of
    accounts or cases; override: of a promotion's gates; needed: people that the policy asks for.
    """

    rung: str | None = None
    restricted: bool = False
    about: str | None = None
    count: int = 1
    override: bool = False
    needed: int = 0


@dataclass
class Errand:
    """A command, its checked arguments, and all that doing it needs."""

    tx: Transaction
    command: Command
    args: Args
    people: Mapping[str, Person]
    in_force: InForce
    around: Surroundings
    after: Consequences

    @property
    def by(self) -> str:
        """Who asks."""
        return self.command.by

    def note(self, kind: Kind, body: Mapping[str, Any], account: str | None = None) -> None:
        """Record what was done, by whom and why."""
        told = {**body, "command": self.command.id, "why": self.command.why}
        self.after.trail.note(kind, self.by, told, account)

    @property
    def sees_restricted(self) -> bool:
        """Whether who asks may know of child safety's matters."""
        return Role.CHILD_SAFETY in self.people[self.by].roles

    def found(self, table: sa.Table, key: sa.Column[str], value: str, what: str) -> Row:
        """The row of an id, or of the only one that begins so. Raises Turned.

        Who may not see restricted rows gets one answer where there are none and where there are only such.
        """
        hidden = [] if self.sees_restricted or "restricted" not in table.c else [~table.c.restricted]
        rows = self.tx.rows(sa.select(table).where(key.startswith(value, autoescape=True), *hidden).limit(2))
        exact = [row for row in rows if row[key.name] == value]
        if len(exact or rows) == 1:
            return (exact or rows)[0]
        if rows:
            raise Turned(f"{len(rows)} {what}s begin with {value}: give more of it")
        raise Turned(f"no {what} {value}" if self.sees_restricted else HIDDEN)

    def all_found(self, table: sa.Table, key: sa.Column[str], ids: Iterable[str], what: str) -> list[Row]:
        """The rows of ids, in their order. Raises Turned."""
        return [self.found(table, key, one, what) for one in ids]
