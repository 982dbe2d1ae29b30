"""Who there is to give work to."""

from __future__ import annotations

from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.obeying.obey import known_people
from streams.enforcement.people.roles import may


def who_may(tx: Transaction, verb: str, restricted: bool) -> list[str]:
    """The names of those who may do something, by name."""
    known = known_people(tx).values()
    return sorted(one.name for one in known
                  if one.revoked_ms is None and may(one.roles, verb, restricted=restricted) is None)  # fmt: skip
