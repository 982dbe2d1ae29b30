"""Where the reading of each partition begins: where the ledger left off, unless that is not there any more. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True)
class Start:
    """Where one partition is read from. lost: records that retention removed before they were read; anew: whether the
    topic was made anew, or has lost its end, since it was read last.
    """

    offset: int
    lost: int = 0
    anew: bool = False


def starts(known: Mapping[Place, int], first: Mapping[Place, int], end: Mapping[Place, int],
           from_end: frozenset[str] = frozenset()) -> dict[Place, Start]:  # fmt: skip
    """By place. known: the ledger's next offsets; first, end: the broker's; from_end: topics whose older records are
    not wanted where the ledger has never read them.
    """
    return {place: _start(known.get(place), first[place], end[place], place[0] in from_end) for place in first}


def _start(known: int | None, first: int, end: int, from_end: bool) -> Start:
    if known is None:
        return Start(end if from_end else first)
    if known > end:
        return Start(first, anew=True)
    return Start(max(known, first), lost=max(first - known, 0))
