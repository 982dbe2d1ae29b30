"""docs/formats.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from features.event import COLUMNS
from streams.formats import FORMATS
from streams.formats.field_map import read_map
from streams.formats.page import MAP_EXAMPLE, page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "formats.md"


def test_page_is_of_the_code(update_golden: bool) -> None:
    """The page is what the formats declare now; `pytest --update-golden` writes it anew."""
    if update_golden:
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_format_and_column_is_there() -> None:
    """Each format has its section, and every column that one takes is a column of ours, named once."""
    for form in FORMATS.values():
        assert f"\n## {form.name}\n" in page()
        columns = [one.column for one in form.taken]
        assert set(columns) <= set(COLUMNS)
        assert len(set(columns)) == len(columns)


def test_the_map_shown_can_be_used(tmp_path: Path) -> None:
    """The example of a field map is one."""
    file = tmp_path / "map.yaml"
    file.write_text(MAP_EXAMPLE, encoding="utf-8")
    fields = read_map(file)
    assert fields.types == {"com.example.usage.v1": "inference", "com.example.audit.v1": None}
    assert fields.columns["input_tokens"] == ("data", "usage", "prompt_tokens")
    assert fields.constants == {"product": "chat"}
