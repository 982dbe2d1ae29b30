"""Every rule has its page, and the policy has one."""

from __future__ import annotations

from pathlib import Path

from streams.pack import read_pack
from streams.pack.policy_page import page as policy
from streams.pack.runbooks import pages

DOCS = Path(__file__).resolve().parents[3] / "docs"
PACK = read_pack()


def test_pages_are_those_of_the_pack() -> None:
    """The committed runbooks are what `make pages` generates from rules and models, no more and no fewer."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "runbooks").glob("*.md")}
    assert committed == pages(PACK)


def test_the_policy_page_is_that_of_the_pack() -> None:
    """The committed docs/policy.md is what `make pages` generates."""
    assert (DOCS / "policy.md").read_text(encoding="utf-8") == policy(PACK)


def test_every_clause_says_what_it_cannot_see_and_whom_it_may_wrong() -> None:
    """No clause's part of the page ends in an empty list."""
    for part in policy(PACK).split("\n## ")[1:]:
        for head in ("**Watched**", "**Cannot be seen:**", "**Known false positives:**"):
            after = part.split(head)[1]
            assert after.split("\n\n")[1].startswith("- "), (part.splitlines()[0], head)
