"""Opening the ledger: SQLite in a file, PostgreSQL by its URL; its schema is brought up to date first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from streams.enforcement.ledger.transaction import Ledger

_MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_MS = 30_000
_POSTGRES = "postgresql"


class LedgerRefused(Exception):
    """A ledger that cannot be used: why, and what to do."""


def in_file(path: Path) -> str:
    """The URL of a ledger in a file."""
    return f"sqlite:///{path}"


def open_ledger(url: str) -> Ledger:
    """The ledger at an URL, made where there is none, migrated where it is older. Raises LedgerRefused."""
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == _POSTGRES:
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(parsed, **_options(parsed))
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
        raise LedgerRefused(f"the ledger's URL is none: {error}. sqlite:///FILE or postgresql://…") from None
    _prepare(engine, parsed)
    try:
        _migrate(engine)
    except sa.exc.OperationalError as error:
        engine.dispose()
        shown = parsed.render_as_string(hide_password=True)
        raise LedgerRefused(f"{shown}: cannot be opened: {_first_line(error)}. Is it there, and may you?") from None
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine)


def _options(url: sa.URL) -> dict[str, Any]:
    return {} if url.get_backend_name() == _POSTGRES else {"connect_args": {"timeout": _BUSY_MS / 1000}}


def _first_line(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0][:200]


def _prepare(engine: sa.Engine, url: sa.URL) -> None:
    if engine.dialect.name != "sqlite":
        return
    if url.database and not Path(url.database).exists():
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(url.database, os.O_CREAT | os.O_RDWR, 0o600))  # it tells of accounts: its owner's eyes only
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own: `_on_begin` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    # A reader that wants to write later would lose to another writer in between.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reads") else "BEGIN IMMEDIATE")


def migrations(connection: sa.Connection) -> Config:
    """Alembic's configuration for this connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _migrate(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == _POSTGRES:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7461706)"))  # two may start at once
        config = migrations(connection)
        script = ScriptDirectory.from_config(config)
        there, newest = MigrationContext.configure(connection).get_current_revision(), script.get_current_head()
        if there is not None and there not in {one.revision for one in script.walk_revisions()}:
            raise LedgerRefused(f"the ledger was written by a newer tipstaff (schema {there}): use that one")
        if there != newest:
            command.upgrade(config, "head")
