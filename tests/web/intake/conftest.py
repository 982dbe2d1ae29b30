"""An intake to report to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from web_intake import Counter, opened


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """One with the limits that it has unless told otherwise."""
    with opened(tmp_path, address_burst=100, urgent_address_burst=100) as one:
        yield one
