"""Published rules as a baseline."""

from __future__ import annotations

from streams.pack import read_pack
from streams.suite.published import PREFIX, PUBLISHED, beside


def test_the_shipped_pack_can_express_all_of_them() -> None:
    """Each is built by the pack's own features and clauses, with its source, and leaves the pack's rules alone."""
    pack = read_pack()
    both = beside(pack)
    assert both.rules[: len(pack.rules)] == pack.rules
    added = both.rules[len(pack.rules) :]
    assert [rule.id for rule in added] == [PREFIX + one.id for one in PUBLISHED]
    assert all(rule.references == (one.source,) for rule, one in zip(added, PUBLISHED, strict=True))
