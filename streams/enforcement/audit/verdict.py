"""What verifying the audit came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """What can be wrong; a closed set."""

    UNREADABLE = "unreadable"
    CHANGED = "changed"
    MISSING = "missing"
    OUT_OF_PLACE = "out_of_place"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    BAD_CHECKPOINT = "bad_checkpoint"
    NO_CHECKPOINT = "no_checkpoint"


@dataclass(frozen=True)
class Finding:
    """One flaw: at which record (the number it has, or should have), and in words."""

    flaw: Flaw
    seq: int
    detail: str


@dataclass(frozen=True)
class Verdict:
    """records: how many were read; vouched_to: the newest that a good checkpoint covers, 0 where none does;
    findings: the first of them, in order; more: how many others there are; last: the newest record's number.
    """

    records: int
    last: int
    vouched_to: int
    findings: tuple[Finding, ...] = ()
    more: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def unvouched(self) -> int:
        """How many records lie above the newest good checkpoint: of those, lost ones would not be missed."""
        return max(0, self.last - self.vouched_to)
