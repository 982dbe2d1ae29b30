"""The first person: nobody is there yet who could sign that they are added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from streams.dead_letters import clipped
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.schema import people
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.obeying.errand import Turned
from streams.enforcement.people.roles import Role
from streams.enforcement.people.running_args import PeopleAdd


def is_empty(tx: Transaction) -> bool:
    """Whether nobody was ever added."""
    return tx.one(sa.select(people.c.name).limit(1)) is None


def add_first(tx: Transaction, args: Mapping[str, Any], why: str) -> None:
    """Add the first person of a ledger, and record that nobody vouched for it; args: of people.add. Raises Turned.

    Who can write the ledger can do this once: as soon as there was anybody, people are added by people.
    """
    if not is_empty(tx):
        raise Turned("there are people here already: one of them adds others")
    first = _checked(args)
    if Role.ADMIN not in first.roles:
        raise Turned("the first person needs the role admin: nobody else could ever add people")
    roles = sorted(map(str, first.roles))
    tx.insert(people, [{"name": first.name, "public_key": first.public_key, "roles": roles, "added_ms": tx.now_ms,
                        "revoked_ms": None}])  # fmt: skip
    trail = Trail(tx)
    trail.note(Kind.PEOPLE, first.name, {"name": first.name, "roles": roles, "bootstrap": True, "why": why})
    trail.flush()


def _checked(args: Mapping[str, Any]) -> PeopleAdd:
    try:
        return msgspec.convert(dict(args), PeopleAdd)
    except msgspec.ValidationError as error:
        raise Turned(clipped(str(error), 240)) from None
