"""A page that is served, and people who may come in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from visiting import House, opened_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A page with a reviewer, `rita`, and an admin, `ada`."""
    with opened_house(tmp_path) as one:
        one.play.hire("rita", "reviewer")
        one.play.hire("ada", "admin")
        yield one
