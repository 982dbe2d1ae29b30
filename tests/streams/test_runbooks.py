"""Every rule has its page."""

from __future__ import annotations

from pathlib import Path

from streams.pack import read_pack
from streams.runbooks import page

PAGES = Path(__file__).resolve().parents[2] / "docs" / "runbooks"


def test_pages_are_those_of_the_pack() -> None:
    """The committed runbooks are what `make pages` generates from the rules, no more and no fewer."""
    pack = read_pack()
    assert {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")} == {
        f"{rule.id}.md": page(rule, pack) for rule in pack.rules
    }
