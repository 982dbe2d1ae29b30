"""Desks at a ledger of people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import Desks, desks


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Desks]:
    """A ledger that knows nobody yet."""
    with desks(tmp_path) as found:
        yield found


@pytest.fixture
def office(empty: Desks) -> Desks:
    """Ada and Ben run enforcement, Eve and Eli enforce, Rae reviews, Cas has child safety's role, Obi observes."""
    for name, role in (("ada", "admin"), ("ben", "admin"), ("eve", "enforcer"), ("eli", "enforcer"),
                       ("rae", "reviewer"), ("cas", "child_safety"), ("obi", "observer")):  # fmt: skip
        empty.hire(name, role)
    return empty
