"""Where ledgers of tests live: a file each, or a PostgreSQL database that is emptied before each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playing import emptied

POSTGRES = "TIPSTAFF_TEST_POSTGRES"
"""The environment variable with the URL of a database that tests may empty (`make test-postgres` sets it)."""

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def url_of(name: str, folder: Path) -> Iterator[str]:
    """The URL of an empty ledger."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    url = os.environ.get(POSTGRES)
    if url is None:
        pytest.skip(f"{POSTGRES} is not set: make test-postgres")
    emptied(url)
    yield url
