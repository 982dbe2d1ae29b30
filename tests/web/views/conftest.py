"""An office to show the page's views from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_urls import BOTH, url_of
from rooms import Rooms, furnished


@pytest.fixture(params=BOTH)
def rooms(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rooms]:
    """A furnished one, over either database."""
    for url in url_of(request.param, tmp_path):
        with furnished(url, tmp_path) as found:
            yield found
