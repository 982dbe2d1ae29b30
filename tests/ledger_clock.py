"""Time that has passed for a ledger's lease; for tests."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema import lease
from streams.enforcement.ledger.transaction import Ledger


def past_its_end(ledger: Ledger) -> None:
    """The lease is over, as if its holder had been silent for long."""
    with ledger.engine.begin() as connection:
        connection.execute(sa.update(lease).values(until_ms=1))
