"""Plays on a small policy, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_urls import BOTH, url_of
from playing import Play, played
from small_policy import small_policy

from detectors.clauses import Clause
from streams.enforcement.in_force import InForce

MINING = Clause(
    "mining", "Mining", "Nobody mines.", "high", "platform abuse", "rule", ("miner",), ("much",),
    {"document": "acceptable use policy", "version": "1", "section": "Mining"},
)  # fmt: skip
SMALL = InForce(small_policy(), {"mining": MINING}, {"miner": "v1"}, "pack")


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
