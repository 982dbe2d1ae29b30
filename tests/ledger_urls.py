"""Where ledgers of tests live: a file each, or a PostgreSQL database of each test process, emptied before each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from streams.enforcement.ledger.opening import open_ledger
from streams.enforcement.ledger.schema.columns import METADATA

POSTGRES = "TIPSTAFF_TEST_POSTGRES"
"""The environment variable with the URL of a database that tests may empty (`make test-postgres` sets it)."""

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]

Rows = dict[str, list[dict[str, Any]]]
"""Rows by table."""

_AS_MIGRATED: dict[str, Rows] = {}
"""What a new ledger holds, by URL: of databases that have the tables."""


def url_of(name: str, folder: Path) -> Iterator[str]:
    """The URL of an empty ledger."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    url = postgres_url()
    if url in _AS_MIGRATED:
        _refill(url, _AS_MIGRATED[url])
    else:
        bare(url)
        open_ledger(url).close()
        _AS_MIGRATED[url] = _rows(url)
    yield url


def bare_url_of(name: str, folder: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    url = postgres_url()
    bare(url)
    yield url


def postgres_url() -> str:
    """The URL of this test process's database; skips where there is no server."""
    url = os.environ.get(POSTGRES)
    if url is None:
        pytest.skip(f"{POSTGRES} is not set: make test-postgres")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return url if worker is None else _own(url, worker)


def engine_of(url: str, **options: Any) -> sa.Engine:
    """Connections of a test's own, each closed at once when given back."""
    driver = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return sa.create_engine(driver, poolclass=sa.NullPool, **options)


def bare(url: str) -> None:
    """Remove every table of a PostgreSQL database."""
    _AS_MIGRATED.pop(url, None)
    with engine_of(url).begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))


@cache
def _own(url: str, worker: str) -> str:
    """A database of one xdist worker beside that of the URL, made where it is not there yet."""
    parsed = sa.make_url(url)
    name = f"{parsed.database}_{worker}"
    with engine_of(url, isolation_level="AUTOCOMMIT").connect() as connection:
        there = connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if there.first() is None:
            connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    return parsed.set(database=name).render_as_string(hide_password=False)


def _rows(url: str) -> Rows:
    with engine_of(url).connect() as connection:
        found = {table.name: connection.execute(sa.select(table)).mappings().all() for table in METADATA.sorted_tables}
        return {name: [dict(row) for row in rows] for name, rows in found.items() if rows}


def _refill(url: str, rows: Rows) -> None:
    """Put a database back to these rows; much faster than making its tables anew."""
    with engine_of(url).begin() as connection:
        connection.execute(sa.text("; ".join(f'DELETE FROM "{table.name}"' for table in METADATA.sorted_tables)))
        for name in connection.execute(sa.text("SELECT sequencename FROM pg_sequences")).scalars().all():
            connection.execute(sa.text("SELECT setval(:name, 1, false)"), {"name": name})
        for name, own in rows.items():
            connection.execute(sa.insert(METADATA.tables[name]), own)
