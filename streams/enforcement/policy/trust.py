"""How far a reporter is trusted, by what policy says and by what became of their reports; and what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from features.ticks import HOUR_MS
from streams.history.intervals import wilson

UNHINDERED = ("care", "child_safety")
"""Paths on which every report is heard: who is silenced there may be the only one who has seen something."""

UNPROVEN = "web:"
"""How the names of reporters begin who filled in a form: whoever they say they are, nobody has proven it."""


class Trust(StrEnum):
    """From most to least. trusted: declared so, by whoever runs the service, and never earned; known: their reports
    have mostly held; unknown: too little is known; distrusted: declared so, or their reports have mostly not held.
    """

    TRUSTED = "trusted"
    KNOWN = "known"
    UNKNOWN = "unknown"
    DISTRUSTED = "distrusted"


@dataclass(frozen=True)
class Reporters:
    """What policy says of reporters. Shares (0–1) are of their closed reports, at least and at most by a 95 %
    interval: few reports say little, whatever became of them.

    known_from: a share that held at least; distrusted_below: one at most; due_ms: when a person is to have looked, by
    trust, where the matter is not urgent.
    """

    trusted: frozenset[str] = frozenset()
    distrusted: frozenset[str] = frozenset()
    known_from: float = 0.5
    distrusted_below: float = 0.1
    due_ms: Mapping[Trust, int] = field(default_factory=lambda: dict.fromkeys(Trust, 24 * HOUR_MS))


def trust_of(reporter: str, held: int, fell: int, said: Reporters) -> Trust:
    """How far a reporter is trusted. held, fell: their closed reports that were right, and that were not.

    An unproven name has no past: others may have made it, well or badly, by typing the same. It is never trusted.
    """
    unproven = reporter.startswith(UNPROVEN)
    if reporter in said.trusted and not unproven:
        return Trust.TRUSTED
    if reporter in said.distrusted:
        return Trust.DISTRUSTED
    if unproven or held + fell == 0:
        return Trust.UNKNOWN
    least, most = wilson(held, held + fell)
    if most < said.distrusted_below:
        return Trust.DISTRUSTED
    return Trust.KNOWN if least >= said.known_from else Trust.UNKNOWN


def heard(trust: Trust, path: str, urgent: bool) -> bool:
    """Whether rules hear of a report of a violation: not of a distrusted reporter's, unless it cannot wait.

    path: its clause's.
    """
    return trust is not Trust.DISTRUSTED or urgent or path in UNHINDERED
