"""Sessions on PostgreSQL that end by themselves: a frozen process must not hold locks for as long as it is frozen."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.transaction import Ledger

_LOCK_S = 30


def bounded(ledger: Ledger, seconds: float) -> None:
    """Have the server end a session of this ledger that stands still within a transaction for so many seconds.

    SQLite can do no such thing: there whoever is frozen within a transaction holds the file's lock, and nobody acts.
    """
    if ledger.engine.dialect.name != "postgresql":
        return
    settings = f"SET idle_in_transaction_session_timeout = {round(seconds * 1000)}", f"SET lock_timeout = '{_LOCK_S}s'"

    def connected(connection: Any, _record: object) -> None:
        for one in settings:
            connection.execute(one)
        connection.commit()

    sa.event.listen(ledger.engine, "connect", connected)
    ledger.engine.dispose()  # those that are open already are not bounded
