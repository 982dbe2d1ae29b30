"""One thing that a report's form asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Shape(StrEnum):
    """line, lines: text; tick: a statement to agree with; choice: one of some; clause: one of the policy's."""

    LINE = "line"
    LINES = "lines"
    TICK = "tick"
    CHOICE = "choice"
    CLAUSE = "clause"


@dataclass(frozen=True)
class Field:
    """most: characters of a text; short: what the line is called in the report that people read; options: of a choice,
    by value.
    """

    name: str
    label: str
    shape: Shape
    short: str
    most: int = 0
    needed: bool = False
    hint: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


SUBJECT, CLAUSE, CONTACT = "subject", "clause", "contact"
"""Fields that are told by themselves; all others make up the report's text."""


def subject(label: str, hint: str = "") -> Field:
    """What it is about: an address or a text."""
    return Field(SUBJECT, label, Shape.LINES, "About", 2_000, True, hint)


def contact(needed: bool = False) -> Field:
    """How whoever reports can be reached."""
    free = "" if needed else "Optional. Without it we can neither ask you anything nor tell you what came of it. "
    return Field(CONTACT, "How can we reach you?", Shape.LINE, "Contact", 254, needed,
                 f"{free}An e-mail address, for instance. Only those who work on your report see it.")  # fmt: skip


def text(label: str, hint: str = "", *, most: int = 2_500, needed: bool = True, name: str = "text",
         short: str = "Text") -> Field:  # fmt: skip
    """In the reporter's own words."""
    return Field(name, label, Shape.LINES, short, most, needed, hint)


def line(name: str, label: str, short: str, most: int, needed: bool = False, hint: str = "") -> Field:
    """A short answer."""
    return Field(name, label, Shape.LINE, short, most, needed, hint)


def tick(name: str, label: str, short: str) -> Field:
    """A statement that the report needs."""
    return Field(name, label, Shape.TICK, short, needed=True)
