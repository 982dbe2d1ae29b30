"""How many there are of something, in words."""

from __future__ import annotations


def tally(count: int, one: str, many: str | None = None) -> str:
    """A number and what it counts: `1 case`, `2,000 cases`; many: where it is not one with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def agrees(count: int, one: str, many: str) -> str:
    """The word that agrees with a number, such as is or are."""
    return one if count == 1 else many
