"""Opening the ledger: SQLite in a file, PostgreSQL by its URL; its schema is brought up to date first."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from streams.enforcement.ledger.transaction import Ledger

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOOK_AGAIN_S = 0.02
_BUSY_MS = 30_000
_POSTGRES = "postgresql"
_POSTGRES_NAMES = (_POSTGRES, "postgres")  # both are libpq's
_FORMS = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE (special characters of a password as %XX)"


class LedgerRefused(Exception):
    """A ledger that cannot be used: why, and what to do."""


def in_file(path: Path) -> str:
    """The URL of a ledger in a file."""
    return f"sqlite:///{path}"


def open_ledger(url: str) -> Ledger:
    """The ledger at an URL, made where there is none, migrated where it is older. Raises LedgerRefused."""
    parsed = _parsed(url)
    engine = sa.create_engine(parsed, **_options(parsed))
    try:
        _prepare(engine, parsed)
        _migrate(engine)
    except (sa.exc.DBAPIError, OSError) as error:
        engine.dispose()
        told = f"{_shown(parsed)}: cannot be opened: {_reason(error)}. Is it there, and may you?"
        raise LedgerRefused(told) from None
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine)


def _parsed(url: str) -> sa.URL:
    """What an URL says; what is wrong with it is not quoted: there may be a password in it."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise LedgerRefused(f"the ledger's URL cannot be read: {_FORMS}") from None
    kind = parsed.get_backend_name()
    if kind in _POSTGRES_NAMES:
        return parsed.set(drivername=f"{_POSTGRES}+psycopg")
    if kind != "sqlite" or parsed.drivername != kind:
        raise LedgerRefused(f"the ledger cannot be in {parsed.drivername!r}: {_FORMS}")
    if parsed.database in (None, "", ":memory:"):
        raise LedgerRefused("the ledger's URL names no file, and it has to outlive its process: sqlite:///FILE")
    return parsed


def _options(url: sa.URL) -> dict[str, Any]:
    return {} if url.get_backend_name() == _POSTGRES else {"connect_args": {"timeout": _BUSY_MS / 1000}}


def _shown(url: sa.URL) -> str:
    """An URL without the passwords that it may hold in two places."""
    open_ones = {name: value for name, value in url.query.items() if name in ("host", "port", "sslmode")}
    return url.set(drivername=url.get_backend_name(), query=open_ones).render_as_string(hide_password=True)


def _reason(error: sa.exc.DBAPIError | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0][:200]


def _prepare(engine: sa.Engine, url: sa.URL) -> None:
    if engine.dialect.name != "sqlite":
        return
    file = Path(str(url.database))
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # it tells of accounts: its owner's eyes only
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own: `_on_begin` does
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Change a new file to a write-ahead log; SQLite does not wait for others who do so at the same moment."""
    until = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN_S)


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
