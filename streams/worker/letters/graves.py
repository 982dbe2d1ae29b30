"""How a dead letter lies in its topic: the record itself, and in headers why it is there and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

Headers = Sequence[tuple[str, bytes]]
Origin = tuple[str, int, int, int]

MARKER = "redriven"
"""The header of a record that says which dead letter was redriven."""

NUMBERS = ("partition", "offset", "stamp")
ORIGIN = ("source", *NUMBERS)
FLAGS = ("clipped", "withheld")
_TEXTS = ("source", "reason", "detail")
_YES = b"true"


class NoGrave(Exception):
    """A record of the dead letters' topic that is no dead letter: what of it is wrong."""


@dataclass(frozen=True)
class Grave:
    """One dead letter: from which topic, partition and offset, with which stamp (ms), why, and the record itself.

    clipped: longer than a record may be, only its first KiB is kept. withheld: of a format whose records may hold
    prompts, nothing of it is kept. Neither can be redriven.
    """

    source: str
    partition: int
    offset: int
    stamp: int
    reason: str
    detail: str
    key: bytes | None
    value: bytes
    clipped: bool = False
    withheld: bool = False

    @property
    def origin(self) -> Origin:
        """Which record it was: topic, partition, offset, and stamp (ms), should the topic have been made anew."""
        return self.source, self.partition, self.offset, self.stamp


def as_record(grave: Grave) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of the record that keeps a dead letter."""
    texts = [(name, getattr(grave, name).encode("utf-8", "backslashreplace")) for name in _TEXTS]
    numbers = [(name, b"%d" % getattr(grave, name)) for name in NUMBERS]
    flags = [(name, _YES) for name in FLAGS if getattr(grave, name)]
    return grave.key, grave.value, [*texts, *numbers, ("version", _version()), *flags]


def from_record(key: bytes | None, value: bytes | None, headers: Headers) -> Grave:
    """The dead letter that a record keeps. Raises NoGrave."""
    found = dict(headers)
    missing = [name for name in (*_TEXTS, *NUMBERS) if found.get(name) is None]
    if missing:
        raise NoGrave(f"it lacks the headers {', '.join(missing)}: not written by tipstaff, or damaged")
    source, reason, detail = (found[name].decode("utf-8", "backslashreplace") for name in _TEXTS)
    partition, offset, stamp = (_number(name, found[name]) for name in NUMBERS)
    clipped, withheld = (found.get(name) == _YES for name in FLAGS)
    return Grave(source, partition, offset, stamp, reason, detail, key, value or b"", clipped, withheld)


def marker_of(grave: Grave, place: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Key and headers of the record, without a value, which says that a dead letter was redriven.

    place: the letter's own partition:offset.
    """
    origin = [(name, text) for name, text in as_record(grave)[2] if name in ORIGIN]
    return place.encode(), [(MARKER, place.encode()), *origin]


def is_marker(headers: Headers) -> bool:
    """Whether a record says that a dead letter was redriven, and is none itself."""
    return any(name == MARKER for name, _ in headers)


def marked_origin(headers: Headers) -> Origin:
    """Of which record a marker says that it was redriven. Raises NoGrave."""
    found = dict(headers)
    if any(found.get(name) is None for name in ORIGIN):
        raise NoGrave("it marks a dead letter as redriven, and does not say of which record: damaged")
    partition, offset, stamp = (_number(name, found[name]) for name in NUMBERS)
    return found["source"].decode("utf-8", "backslashreplace"), partition, offset, stamp


def _number(name: str, text: bytes) -> int:
    if not text.removeprefix(b"-").isdigit() or len(text) > 19:
        raise NoGrave(f"its header {name} is no number: not written by tipstaff, or damaged")
    return int(text)


@cache
def _version() -> bytes:
    return version("tipstaff").encode()
