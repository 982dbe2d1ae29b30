"""Places for enforcement, with a receiver; on a ledger in a file, and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from broker import Topic
from enforcers import Post, posted
from ledger_urls import BOTH, url_of


@pytest.fixture
def post(kafka: str, topic: Topic, tmp_path: Path) -> Iterator[Post]:
    """With its ledger in a file."""
    with posted(kafka, topic, tmp_path) as made:
        yield made


@pytest.fixture(params=BOTH)
def any_post(request: pytest.FixtureRequest, kafka: str, topic: Topic, tmp_path: Path) -> Iterator[Post]:
    """With its ledger in a file, then on PostgreSQL."""
    for url in url_of(request.param, tmp_path):
        with posted(kafka, topic, tmp_path, url=url) as made:
            yield made
