"""A holder's sessions on PostgreSQL: a frozen process must not hold locks for as long as it is frozen.

SQLite can do no such thing: there whoever is frozen within a transaction holds the file's lock, and nobody acts.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.transaction import Ledger

_LOCK_S = 30
_MOST_NAMED = 63
"""Bytes of a session's name that PostgreSQL keeps."""

_WRITING = sa.text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid IN"
    " (SELECT pid FROM pg_locks WHERE relation = 'lease'::regclass AND mode <> 'AccessShareLock')"
    " AND application_name = :named AND datname = current_database() AND pid <> pg_backend_pid()"
)
"""Whoever writes, or queues to write, has locked the lease's row: readers, which only look at it, are left alone."""


def bound(ledger: Ledger, holder: str, seconds: float) -> None:
    """Name this ledger's sessions after their holder, and have the server end one that stands still for so many
    seconds between two statements of a transaction.
    """
    if not _on_postgres(ledger):
        return
    settings = {"application_name": _named(holder), "lock_timeout": f"{_LOCK_S}s",
                "idle_in_transaction_session_timeout": str(round(seconds * 1000))}  # fmt: skip

    def connected(connection: Any, _record: object) -> None:
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()

    sa.event.listen(ledger.engine, "connect", connected)
    ledger.engine.dispose()  # those that are open already are not bound


def end_writing(ledger: Ledger, holder: str) -> int:
    """End the sessions in which a holder writes, whose lease is over by the database's clock; returns how many.

    Within a statement, half sent, no timeout of the server's ends them. What they wrote is rolled back.
    """
    if not _on_postgres(ledger):
        return 0
    with ledger.engine.begin() as connection:
        return int(connection.execute(_WRITING, {"named": _named(holder)}).scalar_one())


def _on_postgres(ledger: Ledger) -> bool:
    return ledger.engine.dialect.name == "postgresql"


def _named(holder: str) -> str:
    # Its end tells processes of one host apart; what is not plain ASCII the server would write otherwise.
    return holder.encode("ascii", "replace").decode()[-_MOST_NAMED:]
