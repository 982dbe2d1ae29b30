"""The words in simulated events are those of docs/events.md."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

_PAGE = Path(__file__).parents[3] / "docs" / "events.md"
CLOSED = ("operation", "phase", "protocol", "channel", "outcome", "direction", "error_code", "product")


def documented() -> dict[tuple[str, str], set[str]]:
    """The page's words by type and column."""
    words: dict[tuple[str, str], set[str]] = {}
    event_types: list[str] = []
    for line in _PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and "`" in cells[1]:
            event_types = re.findall(r"`(\w+)`", cells[0]) or ([] if cells[0] else event_types)
            for column in re.findall(r"`(\w+)`", cells[1]):
                for event_type in event_types or ["any"]:
                    words[event_type, column] = set(re.findall(r"`(\w+)`", cells[2]))
    return words


@pytest.mark.parametrize("column", CLOSED)
def test_words_are_documented(day: pl.DataFrame, column: str) -> None:
    """Every word under such a column is on the page for that type of event (products other than it names are free)."""
    words, seen = documented(), day.select("type", column).drop_nulls().unique().rows()
    known = {*words["any", "product"], "web", "api"}
    assert seen
    strange = [(kind, word) for kind, word in seen
               if word not in (known if column == "product" else words.get((kind, column), ()))]  # fmt: skip
    assert strange == []
