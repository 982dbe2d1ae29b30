"""Plays on a small policy, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_urls import BOTH, bare_url_of, url_of
from playing import Play, played
from small_policy import SMALL


@pytest.fixture(params=BOTH)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty ledger, on SQLite and on PostgreSQL."""
    yield from url_of(request.param, tmp_path)


@pytest.fixture
def play(ledger_url: str, tmp_path: Path) -> Iterator[Play]:
    """An enforcer with a small policy: enforcement is on, its rule `miner` is live, `acme` is known."""
    with played(ledger_url, tmp_path, SMALL) as one:
        one.switch_on()
        one.promote("miner")
        one.know("acme")
        yield one


@pytest.fixture(params=BOTH)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, on SQLite and on PostgreSQL."""
    yield from bare_url_of(request.param, tmp_path)
